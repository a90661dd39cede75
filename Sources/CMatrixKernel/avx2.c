// AVX2 and FMA: 6 rows x 16 columns in twelve of the sixteen registers.
#if defined(__x86_64__)
#include "tiles.h"

#define LANES 8
#define PANEL_VECTORS 2
#define TILES(X) ROWS_1_TO_12(X, 1) ROWS_1_TO_6(X, 2) ROWS_1_TO_2(X, 4) X(8, 1)
#define TILE_ROWS(v) ((size_t)((v) == 1 ? 12 : (v) == 2 ? 6 : (v) == 4 ? 2 : 1))
#define PANELS_AT_ONCE(rows) ((size_t)((rows) == 1 ? 4 : (rows) == 2 ? 2 : 1))
#define TAP_ROWS 2
#define TAP_TILES(X) X(1) X(2)
#define FEW_ROWS ((size_t)0)
#define SET cmk_avx2_set
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernel.h"
#pragma clang attribute pop
#endif
