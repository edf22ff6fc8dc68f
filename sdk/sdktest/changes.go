package sdktest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *Server) listChanges(c *call) (*reply, *problem) {
	query := c.request.URL.Query()
	after, limit := int64(0), int64(taskapi.DefaultListLimit)
	var f faults
	f.parameter(query, "after", number(&after, 0, math.MaxInt64))
	f.parameter(query, "limit", number(&limit, 1, taskapi.MaxListLimit))
	if p := f.problem(); p != nil {
		return nil, p
	}
	if p := c.tx.user.checkCursor(after); p != nil {
		return nil, p
	}
	response := taskapi.ChangeListResponse{Success: true, Data: c.tx.user.changesAfter(after)}
	if response.Meta.HasMore = len(response.Data) > int(limit); response.Meta.HasMore {
		response.Data = response.Data[:limit]
	}
	response.Meta.NextCursor = after
	if len(response.Data) > 0 {
		response.Meta.NextCursor = response.Data[len(response.Data)-1].Seq
	}
	return newReply(http.StatusOK, response), nil
}

// checkCursor refuses a number some of whose later changes are no longer known,
// and one that is not known yet. Who begins at 0 knows nothing that could have
// been erased.
func (u *user) checkCursor(after int64) *problem {
	if after > u.seq || after > 0 && after < u.purged {
		return newProblem(taskapi.CodeCursorExpired, "Changes since then are no longer known. List again.")
	}
	return nil
}

func (s *Server) watchChanges(c *call) (*reply, *problem) {
	after := int64(0)
	var f faults
	f.parameter(c.request.URL.Query(), "after", number(&after, 0, math.MaxInt64))
	// A browser that reconnects repeats its first query, with what it has seen
	// since in the header.
	if last := c.request.Header.Get("Last-Event-ID"); last != "" {
		number(&after, 0, math.MaxInt64)(&f, "Last-Event-ID", last)
	}
	if p := f.problem(); p != nil {
		return nil, p
	}
	if p := c.tx.user.checkCursor(after); p != nil {
		return nil, p
	}
	header := http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}}
	return &reply{status: http.StatusOK, header: header, stream: func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = fmt.Fprintf(w, "event: ready\ndata: {\"seq\":%d}\n\n", after)
		s.stream(w, r, c, after)
	}}, nil
}

// stream sends changes until the client goes, the token expires, or the server
// or a test ends it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c *call, after int64) {
	s.mu.Lock()
	cut := s.cut
	s.mu.Unlock()
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		s.mu.Lock()
		u := s.user(c.userID)
		u.purge(s.now())
		changes, changed, moved, left := u.changesAfter(after), u.changed, s.moved, c.expires.Sub(s.now())
		s.mu.Unlock()
		for _, change := range changes {
			after = change.Seq
			writeChange(w, change)
		}
		if left <= 0 {
			_, _ = io.WriteString(w, "event: expired\ndata: {}\n\n")
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return // the client is gone
		}
		expired := time.NewTimer(left)
		select {
		case <-changed:
		case <-moved:
		case <-expired.C:
		case <-beat.C:
			_, _ = io.WriteString(w, ":\n\n")
		case <-cut:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
		expired.Stop()
	}
}

// writeChange sends an event. Whether the client is still there shows when it
// is flushed.
func writeChange(w io.Writer, change taskapi.Change) {
	data, err := json.Marshal(change)
	if err != nil {
		panic(err) // the types of taskapi can always be encoded
	}
	_, _ = fmt.Fprintf(w, "id: %d\nevent: change\ndata: %s\n\n", change.Seq, data)
}
