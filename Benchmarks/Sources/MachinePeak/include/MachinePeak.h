/// What one core of this machine can do at most, measured.
#ifndef MACHINE_PEAK_H
#define MACHINE_PEAK_H

/// Multiplications and additions of float32 numbers per second, in registers alone.
double peak_flops(void);
/// Bytes per second that can be read from a block of so many bytes.
double peak_read_bandwidth(long bytes);

#endif
