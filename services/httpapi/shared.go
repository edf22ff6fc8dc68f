package httpapi

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Shared reads a value once for all streams that need it at the same time, and keeps
// it in memory until the last of them has sent it.
type Shared[K comparable, V Sized] struct {
	api   *API
	bytes int64

	mu     sync.Mutex
	shares map[K]*share[V]
}

// Sized is a value that takes a number of bytes of memory.
type Sized interface{ Size() int64 }

// NewShared returns a Shared that reserves this number of bytes of the API's memory for each
// read.
func NewShared[K comparable, V Sized](api *API, bytes int64) *Shared[K, V] {
	return &Shared[K, V]{api: api, bytes: bytes, shares: map[K]*share[V]{}}
}

// share is a value that streams share.
type share[V any] struct {
	done    chan struct{} // closed when value or err is set
	value   V
	held    *Reservation
	err     error
	streams int                // streams that have the value or wait for it
	cancel  context.CancelFunc // cancels the read
}

// Get returns the value of a key. The caller must release it. If no other stream has the
// value or waits for it, Get waits for memory of the user and calls read, whose context ends
// when the last stream stops waiting.
func (s *Shared[K, V]) Get(ctx context.Context, key K, user string, read func(context.Context) (V, error)) (value V, release func(), err error) {
	s.mu.Lock()
	found := s.shares[key]
	if found == nil {
		found = s.start(key, user, read)
	}
	found.streams++
	s.mu.Unlock()
	select {
	case <-found.done:
		err = found.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.release(key, found)
		return value, nil, err
	}
	return found.value, func() { s.release(key, found) }, nil
}

// start starts reading a value. s.mu must be held.
func (s *Shared[K, V]) start(key K, user string, read func(context.Context) (V, error)) *share[V] {
	ctx, cancel := context.WithCancel(context.Background())
	started := &share[V]{done: make(chan struct{}), cancel: cancel}
	s.shares[key] = started
	go func() {
		value, held, err := s.read(ctx, user, read)
		s.mu.Lock()
		defer s.mu.Unlock()
		started.value, started.held, started.err = value, held, err
		close(started.done)
		if started.streams == 0 {
			held.Release()
		}
		if err != nil && s.shares[key] == started {
			delete(s.shares, key)
		}
	}()
	return started
}

// read calls read with the memory for the value, and turns a panic into an error.
func (s *Shared[K, V]) read(ctx context.Context, user string, read func(context.Context) (V, error)) (value V, held *Reservation, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if held, err = s.api.Reserve(ctx, user, s.bytes); err != nil {
		return value, nil, err
	}
	value, err = read(ctx)
	held.Shrink(value.Size())
	return value, held, err
}

func (s *Shared[K, V]) release(key K, used *share[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if used.streams--; used.streams > 0 {
		return
	}
	used.cancel()
	if s.shares[key] == used {
		delete(s.shares, key)
	}
	used.held.Release()
}
