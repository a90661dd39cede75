@main
struct Ganomaly {
  static func main() {}
}
