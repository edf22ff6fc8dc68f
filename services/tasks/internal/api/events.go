package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
	"github.com/tasklane/tasklane/services/wirejson"
)

const (
	// streamPage is the number of changes that are read and sent at a time:
	// the most that a stream holds in memory.
	streamPage = 100
	// streamsPerUser bounds the streams of one user on a replica.
	streamsPerUser = 50
)

// stream is a response of watchChanges.
type stream struct {
	store    *store.Store
	log      *slog.Logger
	identity jwtauth.Identity
	cursor   taskapi.ChangeCursor
	// heartbeat is the time between two comments. Every second one also polls,
	// in case a wake-up was lost.
	heartbeat time.Duration
	woken     *feed.Subscription
	closed    <-chan struct{}
	sent      *atomic.Int64

	events *httpapi.Events
	page   store.ChangePage
}

// watchChanges answers with a stream of changes. It reads the first page before
// the stream begins, so that a failure is an ordinary response.
func (h *handlers) watchChanges(ctx context.Context, in *operations.WatchChangesInput) (*huma.StreamResponse, error) {
	from, err := in.Begin()
	if err != nil {
		return nil, err
	}
	id := identityFrom(ctx)
	if !h.streams.Enter(id.User) {
		return nil, httpapi.NewProblem(taskapi.CodeRateLimited, "Too many streams are open already.").WithRetryAfter(h.heartbeat)
	}
	s := &stream{
		store: h.store, log: h.log, identity: id, cursor: from, heartbeat: h.heartbeat,
		// Before the first read, so that nothing is missed in between.
		woken: h.hub.Subscribe(id.User), closed: h.hub.Closed(), sent: &h.sent,
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

// serve sends events until the client disconnects, the token expires or the
// server stops. It fails if the client reads too slowly.
func (s *stream) serve(ctx context.Context) error {
	s.events.Add("ready", fmt.Appendf(nil, `{"seq":%d}`, s.cursor.After))

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

// catchUp sends the changes since the last event. It ignores an unavailable
// database: the next poll finds the changes that this one could not.
func (s *stream) catchUp(ctx context.Context) error {
	err := s.read(ctx)
	switch {
	case err == nil:
		return s.sendPages(ctx)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		s.log.WarnContext(ctx, "cannot read changes for a stream", "error", err.Error())
		return nil
	}
	// The client reconnects and gets the reason as an ordinary response.
	return err
}

func (s *stream) read(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, budget.Service)
	defer cancel()
	s.page, err = s.store.Changes(ctx, s.identity.User, s.cursor, streamPage)
	return err
}

// sendPages sends the page that has been read and the pages after it.
func (s *stream) sendPages(ctx context.Context) error {
	for {
		for _, change := range s.page.Changes {
			data, err := wirejson.Marshal(change)
			if err != nil {
				return err
			}
			s.events.AddNumbered(s.page.Next.At(change.Seq).String(), "change", data)
		}
		if err := s.events.Flush(); err != nil {
			return err
		}
		s.sent.Add(int64(len(s.page.Changes)))
		s.cursor = s.page.Next
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
