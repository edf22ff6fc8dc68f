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
	// A stream reads streamPage changes at a time, or fewer where they are so
	// large that a page ends before.
	streamPage = 100
	// minStreamPage is how many a new stream reads: few, as they may be large.
	minStreamPage = 16
	// streamHolds is what a stream holds from before it reads a page until the
	// page is sent, in bytes.
	streamHolds = 3 << 20
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
	// hold waits for room for a page.
	hold func(ctx context.Context) (*httpapi.Held, error)

	events *httpapi.Events
	page   store.ChangePage
	// limit is how many changes are read at a time.
	limit int
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
		hold:  func(ctx context.Context) (*httpapi.Held, error) { return h.hold(ctx, id.User, streamHolds) },
		limit: minStreamPage,
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
	// The first page has been read as part of the operation.
	more := s.page.More
	err := s.send(httpapi.HeldBy(ctx))
	if err == nil && more {
		err = s.catchUp(ctx)
	}
	if err != nil {
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

// catchUp sends the changes since the last event.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		if more, err := s.next(ctx); err != nil || !more {
			return err
		}
	}
}

// next sends a page of changes and reports whether there are more. It ignores an
// unavailable database: the next poll finds the changes that this one could not.
func (s *stream) next(ctx context.Context) (more bool, err error) {
	held, err := s.hold(ctx)
	if err != nil {
		return false, err
	}
	defer held.Release()
	err = s.read(ctx)
	switch {
	case err == nil:
		more = s.page.More
		return more, s.send(held)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		s.log.WarnContext(ctx, "cannot read changes for a stream", "error", err.Error())
		return false, nil
	}
	// The client reconnects and gets the reason as an ordinary response.
	return false, err
}

// read reads a page of changes, of the size that the pages before suggest: the
// database sends all of a page, also what is behind its end.
func (s *stream) read(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, budget.Service)
	defer cancel()
	s.page, err = s.store.Changes(ctx, s.identity.User, s.cursor, s.limit)
	switch read := len(s.page.Changes); {
	case s.page.More && read < s.limit:
		s.limit = max(read, 1)
	case s.page.More:
		s.limit = min(2*s.limit, streamPage)
	}
	return err
}

// send sends the page that has been read and gives back what is held for it.
func (s *stream) send(held *httpapi.Held) error {
	defer held.Release()
	size := int64(httpapi.EventsHold)
	for _, change := range s.page.Changes {
		size += int64(len(change.Data))
	}
	held.Shrink(size)
	for _, change := range s.page.Changes {
		data, err := wirejson.Marshal(change)
		if err != nil {
			return err
		}
		s.events.AddNumbered(s.page.Next.At(change.Seq).String(), "change", data)
		if s.events.Full() {
			if err := s.events.Flush(); err != nil {
				return err
			}
		}
	}
	if err := s.events.Flush(); err != nil {
		return err
	}
	s.sent.Add(int64(len(s.page.Changes)))
	s.cursor, s.page = s.page.Next, store.ChangePage{}
	return nil
}
