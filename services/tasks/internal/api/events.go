package api

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

const (
	// maxStreamPage is the maximum number of changes that a stream reads at a time.
	maxStreamPage = 100
	// firstStreamPage is how many a new stream reads: few, because they may be large.
	firstStreamPage = 16
	// streamsPerUser bounds the streams of one user on a replica.
	streamsPerUser = 50
)

// stream is a response of watchChanges. All streams of a user at the same position share
// their reads.
type stream struct {
	*handlers

	user    string
	expires time.Time
	out     *httpapi.Stream
	changes *feed.Subscription
	expiry  *time.Timer

	// first is the page that the operation has read, until it is sent.
	first  operations.ChangePage
	cursor taskapi.ChangeCursor
	more   bool
	// limit is how many changes are read at a time.
	limit int
	// seen is the number of wake-ups before the last read.
	seen  uint64
	beats int
}

// pageKey identifies a page that streams share. A page that was read before a wake-up may
// lack the change that caused it, so the number of wake-ups is part of the key.
type pageKey struct {
	user    string
	from    taskapi.ChangeCursor
	wakeUps uint64
}

// watchChanges responds with a stream of changes. It reads the first page before
// the stream begins, so that a failure is an ordinary response.
func (h *handlers) watchChanges(ctx context.Context, in *operations.WatchChangesInput) (*huma.StreamResponse, error) {
	from, err := in.Begin()
	if err != nil {
		return nil, err
	}
	id := identityFrom(ctx)
	s := &stream{handlers: h, user: id.User, expires: id.Expires, cursor: from, limit: firstStreamPage}
	s.out = httpapi.NewStream(s, h.heartbeat)
	// Before the first read, so that no change is missed in between.
	s.changes = h.hub.Subscribe(s.user, s.out.Wake)
	s.expiry = time.AfterFunc(time.Until(s.expires), s.out.Wake)
	s.seen = s.changes.WakeUps()
	if s.first, err = h.readPage(ctx, s.user, from, s.limit); err != nil {
		s.Close()
		return nil, err
	}
	return &huma.StreamResponse{Body: s.out.Serve}, nil
}

// Begin sends the page that the operation has read.
func (s *stream) Begin(ctx context.Context, events *httpapi.Events) error {
	first := s.first
	s.first = operations.ChangePage{}
	defer first.Ready(ctx, events, s.cursor).Release()
	return s.send(first, events)
}

// Next sends the changes since the last event, if there may be any. Every second
// heartbeat looks for them, too, in case a wake-up was lost.
func (s *stream) Next(ctx context.Context, events *httpapi.Events, beat bool) error {
	if beat {
		s.beats++
	}
	switch {
	case s.hub.Closed():
		return httpapi.ErrStreamEnd
	case !time.Now().Before(s.expires):
		events.Add("expired", []byte("{}"))
		return cmp.Or(events.Flush(), httpapi.ErrStreamEnd)
	case s.more, s.changes.WakeUps() != s.seen, beat && s.beats%2 == 1:
		return s.catchUp(ctx, events)
	}
	return nil
}

// Close ends the stream's timer and subscription.
func (s *stream) Close() {
	s.expiry.Stop()
	s.changes.Close()
}

// catchUp sends the changes since the last event. It ignores an unavailable
// database: the next poll finds the changes that this one could not. After other
// errors the client reconnects and gets the reason as an ordinary response.
func (s *stream) catchUp(ctx context.Context, events *httpapi.Events) error {
	for again := true; again; again = s.more {
		key := pageKey{s.user, s.cursor, s.changes.WakeUps()}
		next, release, err := s.pages.Get(ctx, key, s.user, func(ctx context.Context) (operations.ChangePage, error) {
			next, err := s.readPage(ctx, s.user, key.from, s.limit)
			if isTransient(err) {
				s.log.WarnContext(ctx, "cannot read changes for a stream", "error", err.Error())
			}
			return next, err
		})
		if isTransient(err) {
			return nil
		}
		if err != nil {
			return err
		}
		s.seen = key.wakeUps
		err = s.send(next, events)
		release()
		if err != nil {
			return err
		}
	}
	return nil
}

// isTransient reports whether a later read of changes may succeed.
func isTransient(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// send sends a page of changes. If it was shorter than the limit, because large changes ended
// it, the limit becomes its length: the database sends also the rows that do not fit.
func (s *stream) send(p operations.ChangePage, events *httpapi.Events) error {
	if err := events.Send(p.Events); err != nil {
		return err
	}
	s.sent.Add(int64(p.Changes))
	s.cursor, s.more = p.Next, p.More
	switch {
	case p.More && p.Changes < s.limit:
		s.limit = max(p.Changes, 1)
	case p.More:
		s.limit = min(2*s.limit, maxStreamPage)
	}
	return nil
}

// readPage reads a page of a user's changes.
func (h *handlers) readPage(ctx context.Context, user string, from taskapi.ChangeCursor, limit int) (operations.ChangePage, error) {
	ctx, cancel := context.WithTimeout(ctx, budget.Service)
	defer cancel()
	read, err := h.store.Changes(ctx, user, from, limit)
	if err != nil {
		return operations.ChangePage{}, err
	}
	return operations.NewChangePage(read.Changes, read.Next, read.Next, read.More)
}
