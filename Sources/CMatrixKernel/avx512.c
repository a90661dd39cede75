// AVX-512F: 12 rows x 32 columns in 24 of the 32 registers; as many rows as there are address registers for.
#if defined(__x86_64__)
#include "tiles.h"

#define LANES 16
#define PANEL_VECTORS 2
#define TILES(X) ROWS_1_TO_12(X, 1) ROWS_1_TO_12(X, 2) ROWS_1_TO_4(X, 4) ROWS_1_TO_2(X, 8)
#define TILE_ROWS(v) ((size_t)((v) <= 2 ? 12 : (v) == 4 ? 4 : 2))
#define PANELS_AT_ONCE(rows) ((size_t)((rows) <= 2 ? 4 : (rows) <= 4 ? 2 : 1))
#define TAP_ROWS 4
#define TAP_TILES(X) X(1) X(2) X(3) X(4)
#define FEW_ROWS ((size_t)4)
#define SET cmk_avx512_set
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#include "kernel.h"
#pragma clang attribute pop
#endif
