@main
struct Ganomalyd {
  static func main() {}
}
