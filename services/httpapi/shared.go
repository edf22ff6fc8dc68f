package httpapi

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Shared reads a value once for all streams that need it at the same time, and keeps
// it in memory until the last of them has sent it. The zero Shared is ready for use.
type Shared[K comparable, V any] struct {
	mu     sync.Mutex
	shares map[K]*share[V]
}

// share is a value that streams share.
type share[V any] struct {
	done    chan struct{} // closed when value or err is set
	value   V
	held    *Reservation
	err     error
	streams int                // that have the value or wait for it
	cancel  context.CancelFunc // cancels the read
}

// Get returns the value of a key. The caller must release it. If no other stream has the
// value or waits for it, Get calls read, whose context ends when the last stream stops
// waiting. read also returns the memory held for the value.
func (s *Shared[K, V]) Get(ctx context.Context, key K, read func(context.Context) (V, *Reservation, error)) (value V, release func(), err error) {
	s.mu.Lock()
	found := s.shares[key]
	if found == nil {
		found = s.begin(key, read)
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

// begin starts reading a value. s.mu must be held.
func (s *Shared[K, V]) begin(key K, read func(context.Context) (V, *Reservation, error)) *share[V] {
	ctx, cancel := context.WithCancel(context.Background())
	begun := &share[V]{done: make(chan struct{}), cancel: cancel}
	if s.shares == nil {
		s.shares = map[K]*share[V]{}
	}
	s.shares[key] = begun
	go func() {
		value, held, err := recovered(ctx, read)
		s.mu.Lock()
		defer s.mu.Unlock()
		begun.value, begun.held, begun.err = value, held, err
		close(begun.done)
		if begun.streams == 0 {
			held.Release()
		}
		if err != nil && s.shares[key] == begun {
			delete(s.shares, key)
		}
	}()
	return begun
}

// recovered calls read and turns a panic into an error.
func recovered[V any](ctx context.Context, read func(context.Context) (V, *Reservation, error)) (value V, held *Reservation, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return read(ctx)
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
