// Package heaptest measures the heap in tests.
package heaptest

import "runtime"

// InUse returns the bytes of live objects, after a garbage collection. Tests that call it
// do not run in parallel.
func InUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
