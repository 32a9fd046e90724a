import Foundation

// What Documentation/Results/Epidemics.md quotes, except the fits of real data, which are
// `swiftlet forecast score` runs:
//
//     EpidemicBenchmark speed          gradients per second and operations of the example
//     EpidemicBenchmark sample         effective draws per second, one and ten places
//     EpidemicBenchmark posterior      the one-place posterior and its variants
//     EpidemicBenchmark calibration    simulation-based calibration, with and without planted bugs
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "speed": measureGradients()
case "sample": try measureSampling()
case "posterior":
  try comparePosteriors(draws: arguments.count > 1 ? Int(arguments[1]) ?? 1000 : 1000)
case "calibration": try calibrate(Array(arguments.dropFirst()))
default:
  print("usage: EpidemicBenchmark speed | sample | posterior [draws] | calibration [what]")
  exit(64)
}
