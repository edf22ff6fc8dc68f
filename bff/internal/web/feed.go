package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// feedLinger is how long a feed is kept after its last stream has ended, so that a page
// that is reloaded finds it.
const feedLinger = 10 * time.Second

// feed is shared by the streams of one session. It has one connection to the task service,
// on which it receives change numbers, and wakes the streams. Each stream then reads the
// changes after its own position. Sessions of the same user have separate feeds, because
// their JWTs may have different permissions.
type feed struct {
	all     *streams // of all sessions
	request session.Request
	ctx     context.Context //nolint:containedctx // context of the connection
	stop    context.CancelFunc

	// Guarded by all.mu.
	joined int
	linger *time.Timer

	pages *httpapi.Shared[position, operations.ChangePage]

	mu       sync.Mutex
	streams  map[*stream]struct{}
	watching bool
	latest   int64  // latest change number received
	wakeUps  uint64 // number of wake-ups
	err      error  // the error that ended the connection
}

// position is the cursor of a read, and the latest change number when the read began. A
// read that began before a change may not include it.
type position struct {
	from   taskapi.ChangeCursor
	latest int64
}

// join returns the feed of a session and adds the stream to it.
func (s *streams) join(req session.Request, st *stream) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := req.Cookie.Key()
	f := s.feeds[key]
	if f == nil {
		f = &feed{all: s, request: req, pages: httpapi.NewShared[position, operations.ChangePage](s.api, operations.PageMemory), streams: map[*stream]struct{}{}}
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

// close ends the feed, so that new streams do not join it. all.mu must be held.
func (f *feed) close() {
	f.stop()
	if key := f.request.Cookie.Key(); f.all.feeds[key] == f {
		delete(f.all.feeds, key)
	}
}

// watch connects to the task service, unless the feed has done so before.
func (f *feed) watch(after int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.watching {
		f.watching, f.latest = true, after
		go f.run(after)
	}
}

func (f *feed) run(after int64) {
	// Streams whose read has failed retry after a reconnect.
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

// wake wakes the streams. seq is the number of a new change, or zero.
func (f *feed) wake(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = max(f.latest, seq)
	f.wakeAll()
}

// wakeAll wakes the streams. f.mu must be held.
func (f *feed) wakeAll() {
	f.wakeUps++
	for st := range f.streams {
		st.out.Wake()
	}
}

// end ends the feed with the error of its connection.
func (f *feed) end(err error) {
	f.all.mu.Lock()
	f.close()
	f.all.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.wakeAll()
}

// state returns the latest change number, the number of wake-ups, and the error that ended
// the connection, or nil.
func (f *feed) state() (latest int64, wakeUps uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest, f.wakeUps, f.err
}

// next returns the page at a position, which the caller must release. Streams at the same
// position share the request and the page.
func (f *feed) next(ctx context.Context, p position, user string) (page operations.ChangePage, release func(), err error) {
	return f.pages.Get(ctx, p, user, func(ctx context.Context) (operations.ChangePage, error) {
		ctx, cancel := context.WithTimeout(ctx, budget.BFF)
		defer cancel()
		return f.read(ctx, p.from)
	})
}

// read reads a page of changes after a cursor.
func (f *feed) read(ctx context.Context, from taskapi.ChangeCursor) (operations.ChangePage, error) {
	page, err := f.all.tasks.ListChanges(ctx, taskapi.ListChangesOptions{Cursor: from.String()}, f.asUser()...)
	if err != nil {
		return operations.ChangePage{}, err
	}
	next, err := taskapi.ParseChangeCursor(page.Meta.NextCursor)
	if err != nil {
		return operations.ChangePage{}, fmt.Errorf("read the next cursor: %w", err)
	}
	if from == (taskapi.ChangeCursor{}) {
		// Began is zero in the cursor of the last page, which has reached it.
		from.Began = max(next.After, next.Began)
	}
	return operations.NewChangePage(page.Changes, from, next, page.Meta.HasMore)
}
