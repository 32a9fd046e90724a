import Datasets
import Evolution
import HyperTransformer
import Runs
import Sampling

extension DatasetError: ExitCoded {
  /// 66 for a data set that is not there, 65 for one that is not as it should be.
  public var exitCode: Runs.ExitCode {
    switch self {
    case .unknown, .absent: .missingInput
    default: .badInput
    }
  }
}

extension EpisodeError: ExitCoded {
  /// 65: the data cannot give such episodes.
  public var exitCode: Runs.ExitCode { .badInput }
}

extension ConfigurationError: ExitCoded {
  /// 65: the settings do not fit together.
  public var exitCode: Runs.ExitCode { .badInput }
}

extension SamplingError: ExitCoded {
  /// 65 where the data or settings leave nothing to sample, 75 where it was asked to stop.
  public var exitCode: Runs.ExitCode {
    if case .stopped = self { .interrupted } else { .badInput }
  }
}

extension EvolutionError: ExitCoded {
  /// 65: no search can be made with these settings.
  public var exitCode: Runs.ExitCode { .badInput }
}
