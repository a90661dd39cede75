// Counts what the heap is asked for, so that "no allocation an image" can be checked.
#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

/// Calls of malloc and its relatives by the calling thread, since it began.
long long cac_allocation_count(void);

#endif
