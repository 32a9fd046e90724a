// Images per second of the loader, and how long training waits for it, printed as one JSON object
// beside which `Peer/loader.py` puts torchvision's.
//
//   swift run -c release --package-path Benchmarks LoaderBenchmark --case cifar|photos
//     --data FOLDER|ARCHIVE [--workers N] [--batch N] [--seconds S] [--scaled] [--train]
import Datasets
import Foundation
import Images
import Learning
import Randomness
import Torch
import Vision

struct Report: Encodable {
  var engine = "swiftlet"
  var task: String
  var workers: Int
  var batch: Int
  var imagesPerSecond: Double
  var batches: Int
  var waitingShare: Double
  var workingSecondsPerImage: Double
}

func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  return arguments.firstIndex(of: name).flatMap { arguments.dropFirst($0 + 1).first }
}

func number(_ name: String, _ standard: Int) -> Int { option(name).flatMap(Int.init) ?? standard }

guard let task = option("--case"), ["cifar", "photos"].contains(task), let data = option("--data")
else {
  print("usage: LoaderBenchmark --case cifar|photos --data FOLDER|ARCHIVE; see main.swift")
  exit(64)
}
let isSmall = task == "cifar"
let workers = number("--workers", 2)
let batchSize = number("--batch", isSmall ? 128 : 32)
let seconds = option("--seconds").flatMap(Double.init) ?? 5
Engine.threadCount = number("--threads", 2)
Engine.keepFreedMemory()

// Small pictures are decoded once, as a CIFAR training run does; photographs every time.
let files = try ImageFiles(at: data)
let source: any ImageSource = isSmall ? try files.decoded() : files
var preparation: ImagePreparation = isSmall ? .cifar(isTraining: true) : .training()
preparation.scalesWhileDecoding = CommandLine.arguments.contains("--scaled")
let loader = try ImageLoader(
  source, preparation, settings: .init(batchSize: batchSize, workers: workers))

var random = RandomSource(seed: 1)
var network = ResNet(
  isSmall ? .cifar(depth: 20) : .resNet18, classCount: source.classNames.count, using: &random)

/// One training step without the optimizer, whose time is small beside the gradients'.
func train(_ network: inout ResNet, on batch: ImageBatch) {
  var pass = Pass.training(using: RandomSource(seed: 1))
  _ = valueAndGradient(at: &network) { network in
    network.forward(batch.images, &pass).softmaxCrossEntropy(expected: batch.labels)
  }
}

let isTraining = CommandLine.arguments.contains("--train")
var step = 0
// The first batches fill the queue and warm the caches; they do not count.
while step < 3 {
  let batch = try loader.batch(step)
  if isTraining { train(&network, on: batch) }
  step += 1
}
let before = loader.report
let start = Date()
while Date().timeIntervalSince(start) < seconds {
  let batch = try loader.batch(step)
  if isTraining { train(&network, on: batch) }
  step += 1
}
let elapsed = Date().timeIntervalSince(start)
let after = loader.report
loader.close()
let batches = after.batches - before.batches
let report = Report(
  task: task, workers: workers, batch: batchSize,
  imagesPerSecond: Double(batches * batchSize) / elapsed, batches: batches,
  waitingShare: (after.waitingSeconds - before.waitingSeconds) / elapsed,
  workingSecondsPerImage: (after.workingSeconds - before.workingSeconds)
    / Double(batches * batchSize))
let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
print(String(decoding: try encoder.encode(report), as: UTF8.self))
