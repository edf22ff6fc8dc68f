package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

const (
	// eventsPath is the path of the stream of changes.
	eventsPath = "/api/events"
	// streamsPerUser bounds one user's streams on a replica, from all tabs and
	// devices.
	streamsPerUser = 20
	// readPause is the backoff after an error of reading changes, unless the feed
	// wakes the stream earlier.
	readPause = 2 * time.Second
)

// streams are the open streams and the feeds of their sessions.
type streams struct {
	tasks     *sdk.Client
	watching  *sdk.Client // for the feeds' connections
	sessions  *session.Sessions
	heartbeat time.Duration
	api       *httpapi.API
	running   context.Context    //nolint:containedctx // context of all streams
	stop      context.CancelFunc // cancels running

	mu    sync.Mutex
	feeds map[[sha256.Size]byte]*feed
}

func newStreams(heartbeat time.Duration, tasks, watching *sdk.Client, sessions *session.Sessions) *streams {
	running, stop := context.WithCancel(context.Background())
	return &streams{
		tasks: tasks, watching: watching, sessions: sessions, heartbeat: heartbeat,
		running: running, stop: stop, feeds: map[[sha256.Size]byte]*feed{},
	}
}

// watchNote is appended to the operation's description.
const watchNote = " If the session has expired, the event session_ended, with the data {}, comes before the end: sign in again. " +
	"If a stream just ends, reconnect; no changes are lost. " +
	"One user may have 20 open streams; pages of untrusted origins may have none."

// stream is a browser's stream of changes.
type stream struct {
	*streams

	user     string
	out      *httpapi.Stream
	feed     *feed
	follower *session.Follower
	// unregister removes the stream from those that a shutdown ends.
	unregister func() bool

	// cursor is the position after the latest change that was sent; more reports
	// whether there are further changes.
	cursor taskapi.ChangeCursor
	more   bool
	// first is the page that the operation has read, until it is sent.
	first operations.ChangePage
	// After a failed read at wake-up number failedWakeUp, the stream reads again at
	// retryAt, or earlier if the feed wakes it.
	failedWakeUp uint64
	retryAt      time.Time
	retry        *time.Timer
}

// watchChanges responds with a stream of changes. Errors that occur before the stream
// begins are problems.
func (s *server) watchChanges(ctx context.Context, in *operations.WatchChangesInput) (*huma.StreamResponse, error) {
	from, err := in.Begin()
	if err != nil {
		return nil, err
	}
	caller := callerFrom(ctx)
	user := caller.session.User.ID
	st := &stream{streams: s.streams, user: user, cursor: from, more: true}
	st.out = httpapi.NewStream(st, s.streams.heartbeat)
	st.feed = s.streams.join(caller.request, st)
	st.follower = s.sessions.Follow(caller.request, user, st.out.Wake)
	st.unregister = context.AfterFunc(s.streams.running, st.out.End)
	if st.first, err = st.feed.read(ctx, from); err != nil {
		st.Close()
		return nil, callError(err)
	}
	return &huma.StreamResponse{Body: st.out.Serve}, nil
}

// Begin sends the page that the operation has read.
func (st *stream) Begin(ctx context.Context, events *httpapi.Events) error {
	first := st.first
	st.first = operations.ChangePage{}
	defer first.Ready(ctx, events, st.cursor).Release()
	return st.outcome(events, st.sendPage(ctx, events, first))
}

// Next sends new changes. If the client is too slow or the changes cannot be read, the
// stream ends, and the client gets the error in response to its next request.
func (st *stream) Next(ctx context.Context, events *httpapi.Events, _ bool) error {
	return st.outcome(events, st.catchUp(ctx, events))
}

// outcome returns the error that ends the stream, or nil. If the session has expired, it
// sends an event first.
func (st *stream) outcome(events *httpapi.Events, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return httpapi.ErrStreamEnd
	case errors.Is(err, session.ErrExpired):
		events.Add("session_ended", []byte("{}"))
		return cmp.Or(events.Flush(), httpapi.ErrStreamEnd)
	default:
		return err
	}
}

// Close releases the stream's resources.
func (st *stream) Close() {
	if st.retry != nil {
		st.retry.Stop()
	}
	st.unregister()
	st.follower.Close()
	st.feed.leave(st)
}

// catchUp sends the changes after the last one sent.
func (st *stream) catchUp(ctx context.Context, events *httpapi.Events) error {
	for {
		if err := st.check(ctx); err != nil {
			return err
		}
		latest, wakeUps, ended := st.feed.state()
		switch {
		case ended != nil:
			return ended
		case !st.more && latest <= st.cursor.After, wakeUps == st.failedWakeUp && time.Now().Before(st.retryAt):
			return nil
		}
		next, release, err := st.feed.next(ctx, position{st.cursor, latest}, st.user)
		if err == nil {
			err = st.sendPage(ctx, events, next)
			release()
		}
		if isTransient(err) {
			st.failedWakeUp, st.retryAt = wakeUps, time.Now().Add(readPause)
			st.retry = time.AfterFunc(readPause, st.out.Wake)
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

// sendPage sends a page of changes. Before each part, it checks the session if that is due.
func (st *stream) sendPage(ctx context.Context, events *httpapi.Events, p operations.ChangePage) error {
	err := st.check(ctx)
	for part := range slices.Chunk(p.Events, httpapi.EventsAtOnce) {
		if err == nil {
			err = events.Send(part)
		}
		if err == nil {
			err = st.check(ctx)
		}
	}
	if err != nil {
		return err
	}
	st.cursor, st.more = p.Next, p.More
	if !st.more {
		st.feed.watch(st.cursor.After)
	}
	return events.Flush()
}

// check checks the session, if that is due.
func (st *stream) check(ctx context.Context) error {
	select {
	case <-st.follower.C:
		return st.follower.Check(ctx)
	default:
		return nil
	}
}

// isTransient reports whether reading changes may succeed after this error.
func isTransient(err error) bool {
	var failure *sdk.Error
	if !errors.As(err, &failure) || errors.Is(err, session.ErrExpired) {
		return false
	}
	return failure.Status == 0 || failure.Status == http.StatusTooManyRequests || failure.Status >= http.StatusInternalServerError
}
