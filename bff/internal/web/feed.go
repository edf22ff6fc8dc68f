package web

import (
	"context"
	"sync"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
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

	pages httpapi.Shared[position, changePage]

	mu       sync.Mutex
	streams  map[*stream]struct{}
	watching bool
	latest   int64  // number seen on the connection
	wakeUps  uint64 // how often the streams were woken
	err      error  // why the connection has ended
}

// position is where to read, and the latest number when the read began: a read
// that began before a change may not have it.
type position struct {
	from   taskapi.ChangeCursor
	latest int64
}

// join returns the feed of a session, which wakes the stream until the stream
// leaves it.
func (s *streams) join(req session.Request, st *stream) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := req.Cookie.Key()
	f := s.feeds[key]
	if f == nil {
		f = &feed{all: s, request: req, streams: map[*stream]struct{}{}}
		f.ctx, f.stop = context.WithCancel(s.running)
		s.feeds[key] = f
	}
	if f.linger != nil {
		f.linger.Stop()
	}
	f.joined++
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams[st] = struct{}{}
	return f
}

func (f *feed) leave(st *stream) {
	f.mu.Lock()
	delete(f.streams, st)
	f.mu.Unlock()
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
	for change, err := range f.all.watching.Watch(f.ctx, after, append(f.asUser(), connected)...) {
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
	f.wakeAll()
}

// wakeAll wakes the streams. f.mu is held.
func (f *feed) wakeAll() {
	f.wakeUps++
	for st := range f.streams {
		st.out.Wake()
	}
}

// end ends the feed with its connection.
func (f *feed) end(err error) {
	f.all.mu.Lock()
	f.close()
	f.all.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.wakeAll()
}

// state returns the latest number, and how often the streams were woken. The
// error is why the connection has ended.
func (f *feed) state() (latest int64, wakeUps uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest, f.wakeUps, f.err
}

// next returns the page in a position, to be released. Streams that stand there
// together share one request, and the page.
func (f *feed) next(ctx context.Context, at position, user string) (changePage, func(), error) {
	return f.pages.Get(ctx, at, func(ctx context.Context) (changePage, *httpapi.Held, error) {
		held, err := f.all.hold(ctx, user, streamHolds)
		if err != nil {
			return changePage{}, nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, budget.BFF)
		defer cancel()
		read, err := f.read(ctx, at.from)
		if err != nil {
			held.Release()
			return changePage{}, nil, err
		}
		encoded, err := encode(read, at.from)
		held.Shrink(int64(cap(encoded.events)))
		return encoded, held, err
	})
}

// read reads the changes after a position.
func (f *feed) read(ctx context.Context, from taskapi.ChangeCursor) (sdk.ChangePage, error) {
	return f.all.tasks.ListChanges(ctx, taskapi.ListChangesOptions{Cursor: from.String()}, f.asUser()...)
}
