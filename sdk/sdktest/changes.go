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
	var from taskapi.ChangeCursor
	limit := int64(taskapi.DefaultListLimit)
	var f fieldErrors
	f.number(query, "after", &from.After, 0, math.MaxInt64)
	f.number(query, "limit", &limit, 1, taskapi.MaxListLimit)
	f.cursor("cursor", query.Get("cursor"), &from)
	if p := f.problem(); p != nil {
		return nil, p
	}
	if p := c.tx.user.completeCursor(&from); p != nil {
		return nil, p
	}
	response := taskapi.ChangeListResponse{Success: true, Data: c.tx.user.changesAfter(from.After)}
	next, bytes := from.At(c.tx.user.seq), 0
	for i, change := range response.Data {
		if i == int(limit) || bytes >= pageBytes {
			response.Data, response.Meta.HasMore = response.Data[:i], true
			next = from.At(response.Data[i-1].Seq)
			break
		}
		bytes += len(change.Data)
	}
	response.Meta.NextCursor = next.String()
	return newReply(http.StatusOK, response), nil
}

// cursor reads a cursor of the changes, if there is one.
func (f *fieldErrors) cursor(field, text string, into *taskapi.ChangeCursor) {
	if text == "" {
		return
	}
	var err error
	if *into, err = taskapi.ParseChangeCursor(text); err != nil {
		f.add(field, taskapi.FieldType, "must be a cursor of the changes")
	}
}

// completeCursor sets Began of a cursor that starts reading from 0. It rejects a cursor
// after the latest change, and one after which changes have been removed.
func (u *user) completeCursor(from *taskapi.ChangeCursor) *problem {
	if *from == (taskapi.ChangeCursor{}) {
		from.Began = u.seq
	}
	if known := max(from.After, from.Began); known > u.seq || known < u.purged {
		return newProblem(taskapi.CodeCursorExpired, "Changes since then are no longer stored. List again.")
	}
	return nil
}

func (s *Server) watchChanges(c *call) (*reply, *problem) {
	var from taskapi.ChangeCursor
	var f fieldErrors
	f.number(c.request.URL.Query(), "after", &from.After, 0, math.MaxInt64)
	// A browser that reconnects repeats its first query, with the last event's id in
	// the header.
	f.cursor("Last-Event-ID", c.request.Header.Get("Last-Event-ID"), &from)
	if p := f.problem(); p != nil {
		return nil, p
	}
	if p := c.tx.user.completeCursor(&from); p != nil {
		return nil, p
	}
	header := http.Header{"Content-Type": {"text/event-stream"}}
	return &reply{status: http.StatusOK, header: header, stream: func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = fmt.Fprintf(w, "event: ready\ndata: {\"seq\":%d}\n\n", from.After)
		s.stream(w, r, c, from)
	}}, nil
}

// stream sends changes until the client disconnects, the token expires, or the server
// or a test ends it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c *call, from taskapi.ChangeCursor) {
	s.mu.Lock()
	cut := s.cut
	s.mu.Unlock()
	heartbeats := time.NewTicker(s.heartbeat)
	defer heartbeats.Stop()
	for {
		s.mu.Lock()
		u := s.user(c.userID)
		u.purge(s.now())
		changes, changed, clockMoved, timeLeft := u.changesAfter(from.After), u.changed, s.clockMoved, c.expires.Sub(s.now())
		s.mu.Unlock()
		for _, change := range changes {
			from.After = change.Seq
			writeChange(w, from, change)
		}
		if timeLeft <= 0 {
			_, _ = io.WriteString(w, "event: expired\ndata: {}\n\n")
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return // the client has disconnected
		}
		expired := time.NewTimer(timeLeft)
		select {
		case <-changed:
		case <-clockMoved:
		case <-expired.C:
		case <-heartbeats.C:
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

// writeChange writes an event. Errors appear when it is flushed.
func writeChange(w io.Writer, id taskapi.ChangeCursor, change taskapi.Change) {
	data, err := json.Marshal(change)
	if err != nil {
		panic(err) // the types of taskapi can always be encoded
	}
	_, _ = fmt.Fprintf(w, "id: %s\nevent: change\ndata: %s\n\n", id, data)
}
