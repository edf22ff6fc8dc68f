package sdktest

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Cut says where a fault breaks the connection.
type Cut int

// The places where a connection breaks.
const (
	// CutNowhere: the connection holds.
	CutNowhere Cut = iota
	// CutBefore: the request is not carried out, and there is no answer.
	CutBefore
	// CutResponse: the request is carried out, and there is no answer.
	CutResponse
	// CutHalfway: the request is carried out, and half of the answer comes.
	CutHalfway
)

// Fault is something that goes wrong. Its fields apply in this order: the
// request waits, the connection breaks or the answer is a failure, the request
// is carried out, the connection breaks.
type Fault struct {
	// Operation is the operation that it befalls, such as "createTask";
	// empty means every one.
	Operation string
	// Times is how many requests it befalls; zero means all until it is
	// removed.
	Times int
	// Latency is how long the request waits.
	Latency time.Duration
	// Code is the failure that is answered with; empty means none.
	Code taskapi.ErrorCode
	// RetryAfter goes with a code of status 429 or 503, rounded up to seconds.
	RetryAfter time.Duration
	// Cut is where the connection breaks.
	Cut Cut
}

// Inject lets a fault happen from now on, and returns what removes it. Where
// several faults would befall a request, the one injected first does.
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

// CutStreams breaks the connections of all streams that are open.
func (s *Server) CutStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.cut)
	s.cut = make(chan struct{})
}

// count notes a request.
func (s *Server) count(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted[operation]++
}

// fault returns what befalls a request of the operation: the zero Fault if
// nothing does.
func (s *Server) fault(operation string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range s.faults {
		if fault.Times > 0 && (fault.Operation == "" || fault.Operation == operation) {
			fault.Times--
			return *fault
		}
	}
	return Fault{}
}

// before does what the fault does before the request is looked at. It reports
// whether the connection still holds.
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

// problem returns the failure that the fault answers with, if any.
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
