private import CLinux
private import Glibc

/// A number with so many significant digits, as `%.9g` gives it: the shortest of the usual and the exponential form.
///
/// Foundation's way to the same text takes ten times as long. The point is a point: no program of ours sets a locale.
///
/// - Parameter digits: 1 to 17.
///
/// Source: printf(3), conversion g.
public func decimalText(_ value: Double, digits: Int) -> String {
  precondition(1...17 ~= digits, "a double has 1 to 17 significant digits")
  // A sign, the digits, a point, four zeros before them or an exponent of five: it fits.
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { buffer in
    let count = withVaList([Int32(digits), value]) { vsnprintf(buffer.baseAddress!, buffer.count, "%.*g", $0) }
    return String(decoding: UnsafeRawBufferPointer(buffer).prefix(Int(count)), as: UTF8.self)
  }
}
