# Every target prepares what it needs; `make` alone lists them.

JOBS ?=
FUZZ_SECONDS ?= 60
export JOBS

sources := Package.swift Sources Tests

.PHONY: help setup build demo test format lint docs benchmark fuzz clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install system packages and libtorch, once
	@Scripts/setup

build: setup ## build the command and the libraries in release mode
	swift build -c release $(if $(JOBS),-j $(JOBS))

demo: build ## train, evaluate and use a small model in a few minutes
	@Scripts/demo

test: ## build and run every test; ends with one line of counts
	@Scripts/test

format: ## format every Swift file
	swift format --in-place --recursive $(sources)

lint: ## check the formatting, the documentation comments and the scripts
	@Scripts/lint

docs: setup ## build the documentation into .build/documentation
	@Scripts/docs

benchmark: setup ## run the benchmarks
	swift build -c release --package-path Benchmarks
	Benchmarks/.build/release/OperatorBenchmark
	Benchmarks/.build/release/FewShotBenchmark
	Benchmarks/.build/release/FewShotBenchmark --episodes-per-step 16
	Benchmarks/.build/release/VisionBenchmark latency
	Benchmarks/.build/release/VisionBenchmark training resnet20_cifar
	Benchmarks/.build/release/EvolutionBenchmark overhead --dimension 24
	Benchmarks/.build/release/EvolutionBenchmark overhead --dimension 100
	Benchmarks/.build/release/EvolutionBenchmark overhead --dimension 1000 --generations 50
	Benchmarks/.build/release/UpdateRulesBenchmark --threads 1
	Benchmarks/.build/release/EpidemicBenchmark speed

fuzz: setup ## feed the file readers damaged input for FUZZ_SECONDS=60 seconds
	@Scripts/fuzz $(FUZZ_SECONDS)

clean: ## remove what was built; libtorch itself stays in the cache
	rm -rf .build .libtorch Benchmarks/.build
