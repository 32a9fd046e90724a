#include <stdio.h>
// jpeglib.h needs stdio.h before it.
#include <jpeglib.h>
