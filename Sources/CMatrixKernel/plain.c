#include "CMatrixKernel.h"
