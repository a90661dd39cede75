// OpenBLAS, the yardstick of the matrix kernel; no product links it.
#include <cblas.h>
