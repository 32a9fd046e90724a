"""Opens draws that Swiftlet wrote with ArviZ alone, and compares the two formats.

    PosteriorBenchmark draws eight_schools-eight_schools_noncentered /tmp/schools
    pip install arviz zarr
    python3 Tests/Reference/read_draws.py /tmp/schools
"""

import glob
import sys
import warnings

warnings.filterwarnings("ignore")

import arviz
import numpy
import xarray


def open_zarr(path):
    """ArviZ before 1.0 refuses version 3 of the zarr package, although xarray reads with it."""
    try:
        return arviz.from_zarr(path)
    except ImportError:
        return arviz.InferenceData.from_datatree(xarray.open_datatree(path, engine="zarr"))


def main():
    prefix = sys.argv[1]
    zarr = open_zarr(f"{prefix}.zarr")
    files = sorted(glob.glob(f"{prefix}_*.csv"))
    csv = arviz.from_cmdstan(posterior=files)
    print(zarr)
    for name in zarr.posterior.data_vars:
        ours, theirs = zarr.posterior[name].values, csv.posterior[name].values
        assert ours.shape == theirs.shape, (name, ours.shape, theirs.shape)
        assert numpy.array_equal(ours, theirs), name
    for name in ("lp", "acceptance_rate", "step_size", "tree_depth", "n_steps", "diverging", "energy"):
        assert numpy.array_equal(zarr.sample_stats[name].values, csv.sample_stats[name].values), name
    print(arviz.summary(zarr))
    print("bfmi", arviz.bfmi(zarr))
    print(f"{len(files)} chains: Zarr and CSV hold the same draws")


if __name__ == "__main__":
    main()
