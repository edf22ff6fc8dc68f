package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
)

const (
	// eventsPath is where the changes are watched.
	eventsPath = "/api/tasks/events"
	// streamsPerUser bounds the streams of one user on a replica: those of
	// their tabs and devices.
	streamsPerUser = 20
	// streamBacklog is the number of changes that are read ahead of a
	// stream's reader, and sent at a time.
	streamBacklog = 16
)

// streams are those that are open.
type streams struct {
	users     *httpapi.UserGate
	heartbeat time.Duration
	// stopped is closed when the streams are to end.
	stopped chan struct{}
	stop    func()
}

func newStreams(heartbeat time.Duration) *streams {
	stopped := make(chan struct{})
	return &streams{
		users:     httpapi.NewUserGate(streamsPerUser),
		heartbeat: heartbeat,
		stopped:   stopped,
		stop:      sync.OnceFunc(func() { close(stopped) }),
	}
}

// stream is a browser that watches changes.
type stream struct {
	server  *server
	request session.Request
	user    string
	after   int64

	// opened receives nil once the task service has begun to tell, or why it
	// does not.
	opened chan error
	// changes come from the task service, until it is closed; then ended
	// holds the reason.
	changes chan taskapi.Change
	ended   error
	// leave ends what the stream has begun.
	leave func()
}

func (s *server) registerEvents(api *httpapi.API) {
	op := secured(taskop.Watch())
	op.Description = "A stream of server-sent events. It begins with the event ready, whose data is {\"seq\": N}, the number it begins after; " +
		"then each change is an event named change, whose id is its number and whose data is the change on one line, as listChanges has it. " +
		"A comment every 15 seconds keeps the connection alive. The event session_ended, with the data {}, comes before the end when the session has ended: sign in again. " +
		"A stream that just ends is no sign of that: reconnect with Last-Event-ID, or with after, and nothing is missed. " +
		"One user may have 20 streams open; pages of other origins that are not trusted, none."
	httpapi.RegisterStream(api, op, with(readCodes, taskapi.CodeCursorExpired, taskapi.CodeCrossOrigin, taskapi.CodeOverloaded), s.watchChanges)
}

// watchChanges answers with a stream of changes. Whatever can be said as a
// problem is said before the stream begins.
func (s *server) watchChanges(ctx context.Context, in *taskop.WatchInput) (*huma.StreamResponse, error) {
	after, err := in.Begin()
	if err != nil {
		return nil, err
	}
	caller := callerFrom(ctx)
	current := caller.current()
	user := current.User.ID
	if !s.streams.users.Enter(user) {
		return nil, httpapi.NewProblem(taskapi.CodeRateLimited, "Too many tabs are watching already.").WithRetryAfter(s.streams.heartbeat)
	}
	watching, stop := context.WithCancel(ctx)
	st := &stream{
		server: s, request: caller.request, user: user, after: after,
		opened: make(chan error, 1), changes: make(chan taskapi.Change, streamBacklog),
		leave: func() {
			stop()
			s.streams.users.Leave(user)
		},
	}
	go st.watch(watching, &streamTokens{sessions: s.sessions, request: caller.request, held: current})
	if err := st.open(ctx); err != nil {
		st.leave()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer st.leave()
		httpapi.NoteStreamEnd(hctx.Context(), st.serve(hctx.Context(), httpapi.BeginEvents(hctx)))
	}}, nil
}

// watch passes on what the task service tells, over as many connections as that
// takes. Only until the first of them stands a failure that passes by itself
// ends it.
func (st *stream) watch(ctx context.Context, tokens sdk.TokenSource) {
	defer close(st.changes)
	begun := false
	onConnect := func(err error) error {
		if err == nil && !begun {
			begun = true
			st.opened <- nil
		}
		if begun {
			return nil
		}
		return err
	}
	for change, err := range st.server.tasks.Watch(ctx, st.after,
		sdk.WithTokens(tokens), sdk.WithRequestID(st.request.RequestID), sdk.OnConnect(onConnect)) {
		if err != nil {
			st.ended = err
			if !begun {
				st.opened <- err
			}
			return
		}
		select {
		case st.changes <- change:
		case <-ctx.Done():
			return
		}
	}
}

// open waits until the task service has begun to tell.
func (st *stream) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	select {
	case err := <-st.opened:
		if err != nil {
			return callFailure(err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve sends events until the reader goes away, the session ends or the server
// stops. Its error is a reader that is too slow, or what keeps the changes from
// being told: the reader comes back and hears of it in an answer.
func (st *stream) serve(ctx context.Context, events *httpapi.Events) error {
	following := st.server.sessions.Follow(st.request, st.user)
	defer following.Close()
	beat := time.NewTicker(st.server.streams.heartbeat)
	defer beat.Stop()
	events.Add("ready", fmt.Appendf(nil, `{"seq":%d}`, st.after))
	for {
		err := events.Flush()
		if err != nil {
			return err
		}
		select {
		case <-following.C:
			err = following.Check(ctx)
		case change, more := <-st.changes:
			if !more {
				return end(events, st.ended)
			}
			err = st.add(ctx, events, following, change)
		case <-beat.C:
			events.Beat()
		case <-st.server.streams.stopped:
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return end(events, err)
		}
	}
}

// add adds a change and those that have come behind it, unless the session is
// in doubt and turns out to have ended.
func (st *stream) add(ctx context.Context, events *httpapi.Events, following *session.Follower, change taskapi.Change) error {
	select {
	case <-following.C:
		if err := following.Check(ctx); err != nil {
			return err
		}
	default:
	}
	for added := 1; ; added++ {
		data, err := json.Marshal(changeView(change, time.Now()))
		if err != nil {
			return err
		}
		events.AddNumbered(change.Seq, "change", data)
		if added == streamBacklog {
			return nil
		}
		var more bool
		select {
		case change, more = <-st.changes:
		default:
		}
		if !more {
			return nil
		}
	}
}

// end tells the reader why the stream ends, if that is the session's end. An
// outage is not.
func end(events *httpapi.Events, err error) error {
	if !errors.Is(err, session.ErrExpired) {
		return err
	}
	events.Add("session_ended", []byte("{}"))
	return events.Flush()
}

// streamTokens are the JWTs of a stream, which outlasts them.
type streamTokens struct {
	sessions *session.Sessions
	request  session.Request
	held     *session.Session
}

// Token returns the session's JWT.
func (t *streamTokens) Token(ctx context.Context) (string, error) {
	found, err := t.sessions.Check(ctx, t.request)
	if errors.Is(err, session.ErrUnavailable) {
		return "", fmt.Errorf("%w: %w", sdk.ErrAuthUnavailable, err) // which passes
	}
	if err != nil {
		return "", err
	}
	t.held = found
	return found.JWT(), nil
}

// InvalidateToken makes sure that a JWT that was refused or has ended is not
// used again.
func (t *streamTokens) InvalidateToken(token string) {
	if t.held.JWT() == token {
		t.sessions.Refuse(t.request.Cookie, t.held)
	}
}
