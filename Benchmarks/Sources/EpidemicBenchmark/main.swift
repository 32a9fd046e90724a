import Foundation

// What Documentation/Results/Epidemics.md quotes, except the fits of real data, which are
// `swiftlet forecast score` runs:
//
//     EpidemicBenchmark speed          gradients per second and operations of the example
//     EpidemicBenchmark sample         effective draws per second: [one|ten [warmup draws [mode]]]
//     EpidemicBenchmark scaling        gradients per second of 1, 2, 4, ... chains: [most]
//     EpidemicBenchmark posterior      the one-place posterior and its variants
//     EpidemicBenchmark calibration    simulation-based calibration, with and without planted bugs:
//                                      [what [data sets threads seed]], or merge FILE ...
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "speed": measureGradients()
case "sample": try measureSampling(Array(arguments.dropFirst()))
case "scaling": try measureScaling(Array(arguments.dropFirst()))
case "posterior":
  try comparePosteriors(draws: arguments.count > 1 ? Int(arguments[1]) ?? 1000 : 1000)
case "calibration": try calibrate(Array(arguments.dropFirst()))
default:
  print(
    "usage: EpidemicBenchmark speed | sample | scaling | posterior [draws] | calibration [what]")
  exit(64)
}
