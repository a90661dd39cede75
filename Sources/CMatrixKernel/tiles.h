// Lists of register tiles of one width, for the instruction sets' TILES.
#define ROWS_1_TO_2(X, v) X(v, 1) X(v, 2)
#define ROWS_1_TO_4(X, v) ROWS_1_TO_2(X, v) X(v, 3) X(v, 4)
#define ROWS_1_TO_6(X, v) ROWS_1_TO_4(X, v) X(v, 5) X(v, 6)
#define ROWS_1_TO_12(X, v) ROWS_1_TO_6(X, v) X(v, 7) X(v, 8) X(v, 9) X(v, 10) X(v, 11) X(v, 12)
