package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/taskop"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
)

const (
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
	// heartbeat is the time between two comments. At every second one the
	// changes are read unasked, in case a wake-up was lost.
	heartbeat time.Duration
	woken     *feed.Subscription
	closed    <-chan struct{}
	sent      *atomic.Int64

	events *httpapi.Events
	page   store.ChangePage
}

// watch answers with a stream of changes. Whatever can be said as a problem is
// said before the stream begins.
func (h handlers) watch(ctx context.Context, in *taskop.WatchInput) (*huma.StreamResponse, error) {
	after, err := in.Begin()
	if err != nil {
		return nil, err
	}
	id := identityFrom(ctx)
	if !h.streams.Enter(id.User) {
		return nil, httpapi.NewProblem(taskapi.CodeRateLimited, "Too many streams are open already.").WithRetryAfter(h.heartbeat)
	}
	s := &stream{
		tasks: h.tasks, log: h.log, identity: id, cursor: after, heartbeat: h.heartbeat,
		// Before the first reading, so that nothing falls between.
		woken: h.hub.Subscribe(id.User), closed: h.hub.Closed(), sent: h.sent,
	}
	leave := func() {
		s.woken.Close()
		h.streams.Leave(id.User)
	}
	if err := s.read(ctx); err != nil {
		leave()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer leave()
		s.events = httpapi.BeginEvents(hctx)
		httpapi.NoteStreamEnd(hctx.Context(), s.serve(hctx.Context()))
	}}, nil
}

// serve sends events until the reader goes away, the token ends or the server
// stops. Its error is a reader that is too slow, or a fault.
func (s *stream) serve(ctx context.Context) error {
	s.events.Add("ready", fmt.Appendf(nil, `{"seq":%d}`, s.cursor))

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
			s.events.Beat()
			err = s.events.Flush()
			if beats++; err == nil && beats%2 == 0 {
				err = s.catchUp(ctx)
			}
		case <-expired.C:
			s.events.Add("expired", []byte("{}"))
			return s.events.Flush()
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
			s.events.AddNumbered(change.Seq, "change", data)
		}
		if err := s.events.Flush(); err != nil {
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
