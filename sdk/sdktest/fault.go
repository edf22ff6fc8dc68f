package sdktest

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Cut says when a fault breaks the connection.
type Cut int

// When a connection breaks.
const (
	// CutNowhere does not break the connection.
	CutNowhere Cut = iota
	// CutBefore breaks it before the request is executed.
	CutBefore
	// CutResponse breaks it after the request is executed, before the response.
	CutResponse
	// CutHalfway breaks it after the request is executed, within the response.
	CutHalfway
)

// Fault is an injected failure. Its fields apply in this order: the request waits; the
// connection breaks or the response is an error; the request is executed; the
// connection breaks.
type Fault struct {
	// Operation is the affected operation, such as "createTask"; empty means
	// every operation.
	Operation string
	// Times is the number of affected requests; zero means all until the fault is
	// removed.
	Times int
	// Latency is how long the request waits.
	Latency time.Duration
	// Code is the code of the error response; empty means none.
	Code taskapi.ErrorCode
	// RetryAfter is sent with a code of status 429 or 503, rounded up to seconds.
	RetryAfter time.Duration
	// Cut says when the connection breaks.
	Cut Cut
}

// Inject adds a fault, and returns a function that removes it. If several faults match a
// request, the one injected first applies.
func (s *Server) Inject(fault Fault) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	injected := &fault
	if fault.Times == 0 {
		injected.Times = math.MaxInt
	}
	s.faults = append(s.faults, injected)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return f == injected })
	}
}

// CutStreams breaks the connections of all open streams.
func (s *Server) CutStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.cut)
	s.cut = make(chan struct{})
}

// fault counts a request of the operation, and returns its fault, or the zero Fault.
func (s *Server) fault(operation string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted[operation]++
	for _, fault := range s.faults {
		if fault.Times > 0 && (fault.Operation == "" || fault.Operation == operation) {
			fault.Times--
			return *fault
		}
	}
	return Fault{}
}

// before applies the part of the fault that precedes the request's execution. It reports
// whether the connection is intact.
func (f Fault) before(s *Server, r *http.Request) bool {
	if f.Latency > 0 {
		timer := time.NewTimer(f.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		case <-s.done:
		}
	}
	return f.Cut != CutBefore
}

// problem returns the fault's error response, if any.
func (f Fault) problem() *problem {
	if f.Code == "" {
		return nil
	}
	p := newProblem(f.Code, "It failed because a test wanted it to.")
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		seconds := (f.RetryAfter + time.Second - 1) / time.Second
		p.header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	return p
}
