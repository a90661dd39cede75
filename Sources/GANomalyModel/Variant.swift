/// The published forms of the network.
public enum Variant: String, Sendable, CaseIterable {
  /// S. Akcay, A. Atapour-Abarghouei, T. Breckon, "GANomaly" (ACCV 2018), as in samet-akcay/ganomaly 78da4ea (PyTorch).
  case paper
  /// leafinity/keras_ganomaly 7053c10.
  case keras
}
