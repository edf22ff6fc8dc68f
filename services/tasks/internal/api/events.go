package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

const (
	// defaultHeartbeat is how often a quiet stream sends a comment, so that
	// nobody between takes the connection for dead. At every second one the
	// changes are read unasked, in case a wake-up was lost.
	defaultHeartbeat = 15 * time.Second
	// writeTimeout is how long a reader may take to accept what is sent.
	writeTimeout = 10 * time.Second
	// readTimeout bounds one reading of changes for a stream.
	readTimeout = 10 * time.Second
	// streamPage is the number of changes that are read and sent at a time:
	// what a stream holds in memory at most.
	streamPage = 100
	// streamsPerUser bounds the streams of one user on a replica.
	streamsPerUser = 50
)

// stream is one who watches changes.
type stream struct {
	tasks    Tasks
	log      *slog.Logger
	identity identity
	cursor   int64
	// heartbeat is the time between two comments.
	heartbeat time.Duration
	woken     *feed.Subscription
	closed    <-chan struct{}
	sent      *atomic.Int64

	w    http.ResponseWriter
	rc   *http.ResponseController
	page store.ChangePage
	buf  bytes.Buffer
}

// watch answers with a stream of changes. Whatever can be said as a problem is
// said before the stream begins.
func (h handlers) watch(ctx context.Context, in *taskop.WatchInput) (*huma.StreamResponse, error) {
	after, err := firstChange(in)
	if err != nil {
		return nil, err
	}
	id := identityFrom(ctx)
	if !h.streams.enter(id.User) {
		return nil, httpapi.NewProblem(taskapi.CodeRateLimited, "Too many streams are open already.").WithRetryAfter(h.heartbeat)
	}
	s := &stream{
		tasks: h.tasks, log: h.log, identity: id, cursor: after, heartbeat: h.heartbeat,
		// Before the first reading, so that nothing falls between.
		woken: h.hub.Subscribe(id.User), closed: h.hub.Closed(), sent: h.sent,
	}
	leave := func() {
		s.woken.Close()
		h.streams.leave(id.User)
	}
	if err := s.read(ctx); err != nil {
		leave()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer leave()
		r, w := humachi.Unwrap(hctx)
		s.w, s.rc = w, http.NewResponseController(w)
		if err := s.serve(r.Context()); err != nil && r.Context().Err() == nil {
			httpapi.NoteCause(r.Context(), err)
		}
	}}, nil
}

// firstChange returns the number after which a stream begins.
func firstChange(in *taskop.WatchInput) (int64, error) {
	if in.LastEventID == "" {
		return in.After, nil
	}
	after, err := strconv.ParseInt(in.LastEventID, 10, 64)
	if err != nil || after < 0 {
		return 0, httpapi.Invalid(taskapi.FieldError{Field: "Last-Event-ID", Code: taskapi.FieldType, Message: "must be the id of an event"})
	}
	return after, nil
}

// serve sends events until the reader goes away, the token ends or the server
// stops. Its error is a reader that is too slow, or a fault.
func (s *stream) serve(ctx context.Context) error {
	header := s.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would wait for more
	// Nothing more is read, however long the stream lasts.
	_ = s.rc.SetReadDeadline(time.Time{})
	s.w.WriteHeader(http.StatusOK)
	fmt.Fprintf(&s.buf, "event: ready\ndata: {\"seq\":%d}\n\n", s.cursor)

	expired := time.NewTimer(time.Until(s.identity.Expires))
	defer expired.Stop()
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	if err := s.sendPages(ctx); err != nil {
		return err
	}
	for beats := 1; ; {
		var err error
		select {
		case <-s.woken.C:
			err = s.catchUp(ctx)
		case <-beat.C:
			s.buf.WriteString(":\n\n")
			err = s.flush()
			if beats++; err == nil && beats%2 == 0 {
				err = s.catchUp(ctx)
			}
		case <-expired.C:
			s.buf.WriteString("event: expired\ndata: {}\n\n")
			return s.flush()
		case <-s.closed:
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// catchUp sends what changed since the last event. A database that cannot be
// reached is passed over; the next poll finds what this one could not.
func (s *stream) catchUp(ctx context.Context) error {
	err := s.read(ctx)
	switch {
	case err == nil:
		return s.sendPages(ctx)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		s.log.WarnContext(ctx, "cannot read changes for a stream", "error", err.Error())
		return nil
	}
	// The reader comes back and is told why in an answer of its own.
	return err
}

func (s *stream) read(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s.page, err = s.tasks.Changes(ctx, s.identity.User, s.cursor, streamPage)
	return err
}

// sendPages sends the page that has been read, and those that follow it.
func (s *stream) sendPages(ctx context.Context) error {
	for {
		for _, change := range s.page.Changes {
			data, err := json.Marshal(change)
			if err != nil {
				return err
			}
			fmt.Fprintf(&s.buf, "id: %d\nevent: change\ndata: %s\n\n", change.Seq, data)
		}
		if err := s.flush(); err != nil {
			return err
		}
		s.sent.Add(int64(len(s.page.Changes)))
		s.cursor = s.page.NextCursor
		more := s.page.More
		s.page = store.ChangePage{}
		if !more {
			return nil
		}
		if err := s.read(ctx); err != nil {
			return err
		}
	}
}

// flush sends the buffered events and gives the buffer's memory back: thousands
// of streams are quiet most of the time.
func (s *stream) flush() error {
	if s.buf.Len() == 0 {
		return nil
	}
	if err := s.rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	_, err := s.w.Write(s.buf.Bytes())
	s.buf = bytes.Buffer{}
	if err == nil {
		err = s.rc.Flush()
	}
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}

// streamCount counts the open streams of each user.
type streamCount struct {
	mu    sync.Mutex
	users map[string]int
}

func newStreamCount() *streamCount {
	return &streamCount{users: map[string]int{}}
}

// enter counts a stream, unless the user has as many as there may be.
func (c *streamCount) enter(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user] >= streamsPerUser {
		return false
	}
	c.users[user]++
	return true
}

func (c *streamCount) leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user]--; c.users[user] == 0 {
		delete(c.users, user)
	}
}
