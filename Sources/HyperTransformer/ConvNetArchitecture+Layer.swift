import Learning
import Torch

extension ConvNetArchitecture {
  /// Applies one convolutional layer with kernels from elsewhere: convolution, activation, pooling
  /// and normalization, in this architecture's order.
  ///
  /// - Parameters:
  ///   - index: Which layer.
  ///   - images: `[batch, networks x inputs, height, width]`.
  ///   - kernel: `[networks x outputs, inputs, window, window]`.
  ///   - bias: `[networks x outputs]`.
  ///   - networks: How many networks lie side by side in the channels.
  ///   - normalize: Batch normalization; what it returns may be divided otherwise into batch and
  ///     channels.
  /// - Returns: What the next layer sees, divided as `normalize` left it.
  func apply(
    layer index: Int, to images: Tensor, kernel: Tensor, bias: Tensor?, networks: Int = 1,
    normalize: (Tensor) -> Tensor
  ) -> Tensor {
    let layer = layers[index]
    if layer.isFusable {
      let y = images.convolvedAndPooled(
        with: kernel, bias: bias, networks: networks,
        slope: normalizesBeforeActivation ? 1 : nonlinearity.slope)
      return normalizesBeforeActivation ? nonlinearity(normalize(y)) : normalize(y)
    }
    let y = images.convolved(
      with: kernel, bias: bias, stride: layer.stride, padding: layer.padding, groups: networks)
    let pool = { (input: Tensor) in
      layer.pooling == 1 ? input : input.maxPooled(window: layer.pooling)
    }
    return normalizesBeforeActivation
      ? nonlinearity(normalize(pool(y))) : normalize(pool(nonlinearity(y)))
  }
}
