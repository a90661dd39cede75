public import ArgumentParser
public import GANomalyModel
public import Training

extension Variant: ExpressibleByArgument {}

extension Augmentation: ExpressibleByArgument {}

extension TrainingPreset: ExpressibleByArgument {}
