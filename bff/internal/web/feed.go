package web

import (
	"context"
	"sync"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// feedLinger is how long a feed outlasts its last stream: a page that is loaded
// anew finds it still there.
const feedLinger = 10 * time.Second

// feed is what the streams of one session have in common: one connection to the
// task service, which tells the number of the latest change and wakes them. Each
// stream then reads the changes after its own number. The sessions of a user have
// feeds of their own: their JWTs need not allow the same.
type feed struct {
	all     *streams
	request session.Request
	ctx     context.Context //nolint:containedctx // of the connection
	stop    context.CancelFunc

	// Guarded by all.mu.
	joined int
	linger *time.Timer

	mu       sync.Mutex
	watching bool
	latest   int64         // number seen on the connection
	woken    chan struct{} // closed when there may be something to read
	err      error         // why the connection has ended
	reads    map[position]*read
}

// position is where to read, and the latest number when the read began: a read
// that began before a change may not have it.
type position struct {
	from   taskapi.ChangeCursor
	latest int64
}

// read is a page of changes that is read, for all streams in this position.
type read struct {
	done chan struct{}
	page sdk.ChangePage
	err  error
}

// join returns the feed of a session, which must be left.
func (s *streams) join(req session.Request) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := req.Cookie.Key()
	f := s.feeds[key]
	if f == nil {
		f = &feed{all: s, request: req, woken: make(chan struct{}), reads: map[position]*read{}}
		f.ctx, f.stop = context.WithCancel(s.running)
		s.feeds[key] = f
	}
	if f.linger != nil {
		f.linger.Stop()
	}
	f.joined++
	return f
}

func (f *feed) leave() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.joined--
	if f.joined > 0 {
		return
	}
	f.linger = time.AfterFunc(feedLinger, func() {
		f.all.mu.Lock()
		defer f.all.mu.Unlock()
		if f.joined == 0 {
			f.close()
		}
	})
}

// close ends the feed, which new streams do not join any more. all.mu is held.
func (f *feed) close() {
	f.stop()
	if key := f.request.Cookie.Key(); f.all.feeds[key] == f {
		delete(f.all.feeds, key)
	}
}

// watch connects to the task service, unless that was done.
func (f *feed) watch(after int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.watching {
		f.watching, f.latest = true, after
		go f.run(after)
	}
}

func (f *feed) run(after int64) {
	// A stream whose read has failed tries again once a connection stands.
	connected := sdk.OnConnect(func(err error) error {
		if err == nil {
			f.wake(0)
		}
		return nil
	})
	for change, err := range f.all.tasks.Watch(f.ctx, after, append(f.asUser(), connected)...) {
		if err != nil {
			f.end(err)
			return
		}
		f.wake(change.Seq)
	}
}

func (f *feed) asUser() []sdk.CallOption {
	return (&tokens{sessions: f.all.sessions, request: f.request}).options()
}

// wake wakes the streams, with the number of a change if there is one.
func (f *feed) wake(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = max(f.latest, seq)
	close(f.woken)
	f.woken = make(chan struct{})
}

// end ends the feed with its connection.
func (f *feed) end(err error) {
	f.all.mu.Lock()
	f.close()
	f.all.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	close(f.woken)
}

// state returns the latest number, and what is closed when that may have
// changed. The error is why the connection has ended.
func (f *feed) state() (latest int64, woken <-chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest, f.woken, f.err
}

// read reads the changes in a position. Streams that stand there together share
// one request.
func (f *feed) read(ctx context.Context, at position) (sdk.ChangePage, error) {
	f.mu.Lock()
	shared := f.reads[at]
	if shared == nil {
		shared = &read{done: make(chan struct{})}
		f.reads[at] = shared
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), budget.BFF)
			defer cancel()
			shared.page, shared.err = f.all.tasks.ListChanges(ctx, taskapi.ListChangesOptions{Cursor: at.from.String()},
				f.asUser()...)
			f.mu.Lock()
			delete(f.reads, at)
			f.mu.Unlock()
			close(shared.done)
		}()
	}
	f.mu.Unlock()
	select {
	case <-shared.done:
		return shared.page, shared.err
	case <-ctx.Done():
		return sdk.ChangePage{}, ctx.Err()
	}
}
