package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
	"github.com/tasklane/tasklane/services/wirejson"
)

const (
	// eventsPath is where the changes are watched.
	eventsPath = "/api/events"
	// streamsPerUser bounds the streams of one user on a replica: those of
	// their tabs and devices.
	streamsPerUser = 20
	// streamHolds is what a stream holds from before it reads a page of changes
	// until the page is sent, in bytes.
	streamHolds = 3 << 20
	// readPause is the wait after changes could not be read, unless the feed
	// wakes the stream before.
	readPause = 2 * time.Second
)

// streams are those that are open, and the feeds of their sessions.
type streams struct {
	tasks     *sdk.Client
	sessions  *session.Sessions
	users     *httpapi.UserGate
	heartbeat time.Duration
	running   context.Context    //nolint:containedctx // of all streams
	stop      context.CancelFunc // of running

	mu    sync.Mutex
	feeds map[[sha256.Size]byte]*feed
}

func newStreams(heartbeat time.Duration, tasks *sdk.Client, sessions *session.Sessions) *streams {
	running, stop := context.WithCancel(context.Background())
	return &streams{
		tasks: tasks, sessions: sessions, users: httpapi.NewUserGate(streamsPerUser), heartbeat: heartbeat,
		running: running, stop: stop, feeds: map[[sha256.Size]byte]*feed{},
	}
}

// watchNote is what the document adds about streams.
const watchNote = " The event session_ended, with the data {}, comes before the end when the session has ended: sign in again. " +
	"A stream that just ends is no sign of that: reconnect, and nothing is missed. " +
	"One user may have 20 streams open; pages of other origins that are not trusted, none."

// stream is a browser that watches changes.
type stream struct {
	*streams

	feed      *feed
	following *session.Follower
	events    *httpapi.Events
	// hold waits for room for a page.
	hold func(context.Context) (*httpapi.Held, error)
	// at is behind the latest change that was sent, more whether there are
	// others.
	at   taskapi.ChangeCursor
	more bool
}

// watchChanges answers with a stream of changes. Whatever can be said as a
// problem is said before the stream begins.
func (s *server) watchChanges(ctx context.Context, in *operations.WatchChangesInput) (*huma.StreamResponse, error) {
	from, err := in.Begin()
	if err != nil {
		return nil, err
	}
	caller := callerFrom(ctx)
	user := caller.session.User.ID
	if !s.streams.users.Enter(user) {
		return nil, httpapi.NewProblem(taskapi.CodeRateLimited, "Too many tabs are watching already.").WithRetryAfter(s.streams.heartbeat)
	}
	st := &stream{
		streams: s.streams, feed: s.streams.join(caller.request), at: from, more: true,
		hold: func(ctx context.Context) (*httpapi.Held, error) { return s.api.Hold(ctx, user, streamHolds) },
	}
	leave := func() {
		st.feed.leave()
		s.streams.users.Leave(user)
	}
	first, err := st.feed.read(ctx, position{from: from})
	if err != nil {
		leave()
		return nil, callFailure(err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer leave()
		ctx, cancel := context.WithCancel(hctx.Context())
		defer cancel()
		defer context.AfterFunc(s.streams.running, cancel)()
		st.following = s.sessions.Follow(caller.request, user)
		defer st.following.Close()
		st.events = httpapi.BeginEvents(hctx)
		st.events.Add("ready", fmt.Appendf(nil, `{"seq":%d}`, from.After))
		httpapi.NoteStreamEnd(hctx.Context(), st.serve(ctx, first))
	}}, nil
}

// serve sends events until the reader goes away, the session ends or the server
// stops. Its error is a reader that is too slow, or what keeps the changes from
// being told: the reader comes back and hears of it in an answer.
func (st *stream) serve(ctx context.Context, first sdk.ChangePage) error {
	beat := time.NewTicker(st.heartbeat)
	defer beat.Stop()
	var pause <-chan time.Time
	// The first page has been read as part of the operation.
	err := st.tell(ctx, first, httpapi.HeldBy(ctx))
	for err == nil {
		latest, woken, ended := st.feed.state()
		switch {
		case ended != nil:
			err = ended
			continue
		case pause == nil && (st.more || latest > st.at.After):
			if err = st.next(ctx, latest); err != nil && passing(err) {
				pause, err = time.After(readPause), nil
			}
			continue
		}
		select {
		case <-woken:
			pause = nil
		case <-pause:
			pause = nil
		case <-st.following.C:
			err = st.following.Check(ctx)
		case <-beat.C:
			st.events.Beat()
			err = st.events.Flush()
		case <-ctx.Done():
			return nil
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, session.ErrExpired):
		st.events.Add("session_ended", []byte("{}"))
		return st.events.Flush()
	default:
		return err
	}
}

// next sends the page of changes behind the latest that was sent.
func (st *stream) next(ctx context.Context, latest int64) error {
	held, err := st.hold(ctx)
	if err != nil {
		return err
	}
	defer held.Release()
	page, err := st.feed.read(ctx, position{st.at, latest})
	if err != nil {
		return err
	}
	return st.tell(ctx, page, held)
}

// tell sends a page of changes, unless the session is in doubt and turns out to
// have ended, and gives back what is held for it.
func (st *stream) tell(ctx context.Context, page sdk.ChangePage, held *httpapi.Held) error {
	defer held.Release()
	next, err := taskapi.ParseChangeCursor(page.Meta.NextCursor)
	if err != nil {
		return fmt.Errorf("read the next cursor: %w", err)
	}
	if st.at == (taskapi.ChangeCursor{}) {
		// The last page's cursor no longer says where the reading began.
		st.at.Began = max(next.After, next.Began)
	}
	size := int64(httpapi.EventsHold)
	for _, change := range page.Changes {
		size += int64(len(change.Data))
	}
	held.Shrink(size)
	err = st.check(ctx)
	for i := 0; err == nil && i < len(page.Changes); i++ {
		var data []byte
		if data, err = wirejson.Marshal(page.Changes[i]); err != nil {
			return err
		}
		st.events.AddNumbered(st.at.At(page.Changes[i].Seq).String(), "change", data)
		if st.events.Full() {
			if err = st.events.Flush(); err == nil {
				err = st.check(ctx)
			}
		}
	}
	if err != nil {
		return err
	}
	st.at, st.more = next, page.Meta.HasMore
	if !st.more {
		st.feed.watch(st.at.After)
	}
	return st.events.Flush()
}

// check checks the session if it is in doubt.
func (st *stream) check(ctx context.Context) error {
	select {
	case <-st.following.C:
		return st.following.Check(ctx)
	default:
		return nil
	}
}

// passing reports whether changes could not be read for a reason that passes by
// itself.
func passing(err error) bool {
	var failure *sdk.Error
	if !errors.As(err, &failure) || errors.Is(err, session.ErrExpired) {
		return false
	}
	return failure.Status == 0 || failure.Status == http.StatusTooManyRequests || failure.Status >= http.StatusInternalServerError
}
