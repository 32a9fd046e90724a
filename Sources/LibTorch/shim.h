// libtorch has no C header; this file lets the package manager find its flags through pkg-config.
