import Torch
import UpdateRules

/// The rule as the released code states it: square synapse tensors over `[pre, bias, post]`, einsums,
/// one network, nothing left out. Slow and simple, to compare with.
///
/// It was written from the published description alone and shares no code with what it checks.
struct SquareReference {
  var genome: Genome
  var options: RuleOptions
  /// `[pre + 1 + post, pre + 1 + post, channel]` per layer.
  var squares: [Tensor]
  let sizes: [Int]

  init(_ rule: UpdateRule, _ network: RuleNetwork) {
    genome = rule.genome
    options = rule.options
    sizes = network.sizes
    let pairs = zip(network.sizes, network.sizes.dropFirst())
    squares = zip(network.synapses, pairs).map { one, size in
      let (m, n) = size
      let k = rule.stateCount
      var square = Tensor(zeros: [m + 1 + n, m + 1 + n, k], .float64)
      square[0..<m, (m + 1)...] = one.weight[0, 0].permuted(1, 2, 0)
      square[m...m, (m + 1)...] = one.bias[0, 0].permuted(1, 2, 0)
      let feedback = one.feedback ?? one.weight.transposed()
      square[(m + 1)..., 0..<m] = feedback[0, 0].permuted(1, 2, 0)
      return square
    }
  }

  private func number(_ leaf: Tensor) -> Double { leaf[0, 0, 0].scalar() }
  private func matrix(_ leaf: Tensor) -> Tensor { leaf[0, 0, 0] }

  private func weights(_ layer: Int) -> (forward: Tensor, backward: Tensor) {
    let m = sizes[layer]
    var forward = squares[layer][0...m, (m + 1)...]
    var backward = squares[layer][(m + 1)..., 0..<m]
    if options.synapseNormalization == .activations {
      let scale = options.rescalesNormalized ? number(genome.synapse.rescale) : 1
      func unit(_ block: Tensor) -> Tensor {
        block / (block.squared().sum(along: 0, keepingAxes: true) + 1e-9).sqrt() * scale
      }
      (forward, backward) = (unit(forward), unit(backward))
    }
    return (forward, backward)
  }

  private func normalized(_ sums: Tensor) -> Tensor {
    let mean = sums.mean(along: 0, keepingAxes: true)
    let variance = (sums - mean).squared().mean(along: 0, keepingAxes: true)
    return (sums - mean) / (variance + 1e-5).sqrt() * number(genome.neuron.normScale)
      + number(genome.neuron.normShift)
  }

  private func activate(_ value: Tensor, _ activation: StateActivation) -> Tensor {
    activation(value.permuted(2, 0, 1)).permuted(1, 2, 0)
  }

  /// One step; layers are `[batch, neurons, state]`.
  mutating func step(_ inputs: Tensor, _ targets: Tensor) -> [Tensor] {
    let k = genome.stateCount
    let batch = inputs.extent(0)
    var layers = [
      Tensor(
        concatenating: [
          inputs.expandingShape(at: 2), Tensor(zeros: [batch, sizes[0], k - 1], .float64),
        ], along: 2)
    ]
    for layer in 0..<squares.count {
      let ones = Tensor(ones: [batch, 1, k], .float64)
      let withBias = Tensor(concatenating: [layers[layer], ones], along: 1)
      var sums = Tensor.einsum(
        "bik,kl,ijl->bjl", withBias, matrix(genome.neuron.forward), weights(layer).forward)
      sums = sums * number(genome.neuron.update)
      let isLast = layer == squares.count - 1
      if !isLast, options.activationNormalization == .both { sums = normalized(sums) }
      layers.append(activate(sums, isLast ? options.outputActivation : options.forwardActivation))
    }
    let forward = layers
    var last = layers[squares.count]
    last[.all, .all, 1] = targets
    if k > 2 {
      last[.all, .all, 2...] = Tensor(zeros: [batch, sizes[sizes.count - 1], k - 2], .float64)
    }
    layers[squares.count] = last
    for layer in (1..<squares.count).reversed() {
      let sums = Tensor.einsum(
        "bjk,kl,jil->bil", layers[layer + 1], matrix(genome.neuron.backward),
        weights(layer).backward)
      let keep = number(genome.neuron.keep)
      switch options.backwardUpdate {
      case .additive:
        var total = layers[layer] * keep + sums * number(genome.neuron.update)
        if options.activationNormalization == .both { total = normalized(total) }
        layers[layer] = activate(total, options.backwardActivation)
      case .multiplicative:
        layers[layer] = activate(layers[layer] * sums * keep, options.backwardActivation)
      case .multiplicativeSecondState:
        var mixed = layers[layer] * sums
        mixed[.all, .all, 0] = layers[layer][.all, .all, 0]
        layers[layer] = activate(mixed * keep, options.backwardActivation)
      }
    }
    for layer in squares.indices { change(layer, forward, layers) }
    return forward
  }

  private mutating func change(_ layer: Int, _ forward: [Tensor], _ layers: [Tensor]) {
    let (m, n, k) = (sizes[layer], sizes[layer + 1], genome.stateCount)
    let batch = layers[0].extent(0)
    let part = genome.synapse
    let below = options.usesForwardActivations ? forward[layer] : layers[layer]
    let ones = Tensor(ones: [batch, 1, k], .float64)
    let q = Tensor(concatenating: [below, ones, layers[layer + 1]], along: 1)
    var delta = Tensor.einsum("bpk,ko,ol,brl->pro", q, matrix(part.pre), matrix(part.post), q)
    if options.averagesBatch { delta = delta / Double(batch) }
    if options.sharesChannels { delta = delta[.rest, 0..<1].broadcast(to: delta.shape).rowMajor() }
    // Blocks within a layer stay 0.
    var mask = Tensor(zeros: [m + 1 + n, m + 1 + n, 1], .float64)
    mask[0...m, (m + 1)...] = Tensor(ones: [m + 1, n, 1], .float64)
    mask[(m + 1)..., 0..<m] = Tensor(ones: [n, m, 1], .float64)
    delta = delta * mask
    if options.isSymmetric {
      delta[(m + 1)..., 0..<m] = delta[0..<m, (m + 1)...].transposed(0, 1)
    }
    let rate = number(part.update)
    let old = squares[layer]
    let gain = abs(number(part.oja)) * (rate < 0 ? -1 : 1)
    switch options.ojaDecay {
    case .none: break
    case .weights:
      delta = delta - old * old.squared().sum(along: 0, keepingAxes: true) * gain
    case .activations:
      let zeros = Tensor(zeros: [batch, 1, k], .float64)
      let plain = Tensor(concatenating: [below, zeros, layers[layer + 1]], along: 1)
      let squares = Tensor.einsum("ol,brl->bro", matrix(part.post), plain).squared()
      let sums = options.averagesBatch ? squares.mean(along: 0) : squares.sum(along: 0)
      delta = delta - old * sums * gain
    }
    switch options.saturation {
    case .none: squares[layer] = old * number(part.keep) + delta * rate
    case .exponential:
      let move = old * (number(part.keep) - 1) + delta * rate
      let brake = abs(number(part.saturation)) + options.saturationFloor
      squares[layer] = old + move * (old.abs() * -brake).exp()
    case .tanh:
      let ceiling = number(part.ceiling)
      squares[layer] =
        ((old * number(part.keep) + delta * rate) / ceiling).tanh() * ceiling
    }
  }

  /// The forward block of a layer with the bias last, row-major over sender, receiver, channel.
  func forward(_ layer: Int) -> [Double] {
    squares[layer][0...sizes[layer], (sizes[layer] + 1)...].toDoubles()
  }
}
