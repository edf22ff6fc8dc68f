package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
)

// limit is the name, in the metrics, of a limit that rejects requests.
type limit string

const (
	limitRate         limit = "rate"
	limitClientRate   limit = "client_rate"
	limitInFlight     limit = "in_flight"
	limitUserInFlight limit = "user_in_flight"
	limitMemory       limit = "memory"
	limitUserMemory   limit = "user_memory"
	limitStreams      limit = "streams"
	// ofAuth prefixes the limits of requests to Better Auth.
	ofAuth = "auth_"
)

// overloadedRetryAfter is the Retry-After of a server at its limit. Requests are short.
// Streams are not, but another replica may accept one.
const overloadedRetryAfter = time.Second

// Limits bound the load of one replica. Zero means no limit. Memory is bounded
// separately (room.go).
type Limits struct {
	// InFlight bounds the operations in flight. One user may have a quarter of
	// them. An operation counts once its caller is authenticated and its body has
	// been read; a stream counts until it starts to stream. Requests that are not
	// operations have the same limit, counted separately, and one client may have
	// a quarter of them.
	InFlight int
	// Streams bounds the open streams.
	Streams int
	// Rate limits one user's calls of operations behind [API.LimitRate].
	Rate Rate
}

// userShare divides a limit into the shares that each caller may take, so that a client
// that does not read its responses affects few others.
const userShare = 4

// slot holds the gate and the memory of a request in flight.
type slot struct {
	gate     *gate
	caller   string
	reserved *Reservation
	// deadline is when the request must end so that the caller still gets the
	// response; zero if unknown.
	deadline time.Time
}

// leave frees the slot.
func (s *slot) leave() {
	if s.gate != nil {
		s.gate.leave(s.caller)
		s.gate = nil
	}
}

// recordDeadline is a middleware that records the deadline of a request, counted from when
// its headers arrived.
func recordDeadline(ctx huma.Context, next func(huma.Context)) {
	requestInfoFrom(ctx.Context()).slot.deadline = callerDeadline(ctx.Header(TimeoutHeader))
	next(ctx)
}

// TimeoutHeader has the caller's timeout in seconds, such as 7.4.
const TimeoutHeader = "X-Request-Timeout"

// callerDeadline returns when an operation must end so that its caller still gets the
// response. It is zero if the header is missing or invalid.
func callerDeadline(header string) time.Time {
	if header == "" {
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(header, 64)
	// NaN fails the first comparison.
	if err != nil || !(seconds > 0) || seconds > maxCallerTimeout.Seconds() {
		return time.Time{}
	}
	left := time.Duration(seconds * float64(time.Second))
	return time.Now().Add(max(left-budget.Reserve, left/2))
}

// maxCallerTimeout is the longest accepted timeout. Longer ones are ignored; no operation
// takes so long.
const maxCallerTimeout = 24 * time.Hour

// Admit is a middleware for a handler that is not an operation. It reads the request
// body, of at most maxBodyBytes, and then counts the request among those in flight,
// separately from operations, for at most timeout. client identifies the sender of a
// request. An API has at most one such handler.
func (a *API) Admit(next http.Handler, maxBodyBytes int64, timeout time.Duration, client func(*http.Request) string) http.Handler {
	a.metrics.Gauge("tasklane_auth_requests_in_flight", "Requests to Better Auth in flight.", a.othersInFlight.count)
	a.metrics.showLimits(ofAuth+limitInFlight, ofAuth+limitUserInFlight, ofAuth+limitMemory, ofAuth+limitUserMemory)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &receivedBody{reserved: a.otherReceived.enter(client(r))}
		defer body.reserved.Release()
		taken := &slot{}
		defer taken.leave()
		var problem *Problem
		if isEncoded(r) {
			problem = unsupportedEncoding()
		} else {
			problem = body.receive(w, r, maxBodyBytes)
		}
		if problem == nil {
			problem = taken.enter(a.othersInFlight, client(r))
		}
		if problem != nil {
			if problem.limit != "" {
				problem.limit = ofAuth + problem.limit
			}
			WriteProblem(w, r, problem)
			return
		}
		limitResponse(w, timeout)
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// enter takes a slot for the caller.
func (s *slot) enter(g *gate, caller string) *Problem {
	switch g.enter(caller) {
	case gateFull:
		return full(limitInFlight)
	case callerFull:
		return tooMuchAtOnce(limitUserInFlight)
	}
	s.gate, s.caller = g, caller
	return nil
}

func limitResponse(w http.ResponseWriter, timeout time.Duration) {
	// httptest's recorder has no deadlines.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout + budget.Delivery))
}

// full is the problem of a limit of the whole server.
func full(by limit) *Problem {
	return overloaded(by, "The server is overloaded. Try again shortly.")
}

// tooMuchAtOnce is the problem of a limit of one caller.
func tooMuchAtOnce(by limit) *Problem {
	return rejection(by, taskapi.CodeRateLimited, "Too many concurrent requests. Try again shortly.")
}

func overloaded(by limit, sentence string) *Problem {
	return rejection(by, taskapi.CodeOverloaded, sentence)
}

func rejection(by limit, code taskapi.ErrorCode, sentence string) *Problem {
	p := NewProblem(code, sentence).WithRetryAfter(overloadedRetryAfter)
	p.limit = by
	return p
}

// stream wraps a handler whose response is a stream. The stream counts among the open
// ones, and no longer among the requests in flight.
func stream[I any](api *API, handler func(context.Context, *I) (*huma.StreamResponse, error)) func(context.Context, *I) (*huma.StreamResponse, error) {
	return func(ctx context.Context, in *I) (_ *huma.StreamResponse, err error) {
		user := requestInfoFrom(ctx).user
		switch api.streams.enter(user) {
		case gateFull:
			return nil, overloaded(limitStreams, "Too many streams are open on this server. Try again shortly.")
		case callerFull:
			return nil, NewProblem(taskapi.CodeRateLimited, "Too many tabs or devices are connected already.").WithRetryAfter(DefaultHeartbeat)
		}
		leave := func() { api.streams.leave(user) }
		streaming := false
		defer func() {
			if !streaming {
				leave()
			}
		}()
		out, err := handler(ctx, in)
		if err != nil {
			return nil, err
		}
		streaming = true
		return &huma.StreamResponse{Body: func(hctx huma.Context) {
			info := requestInfoFrom(hctx.Context())
			defer func() {
				if info.stream != nil {
					info.stream.whenEnded(leave)
				} else {
					leave()
				}
			}()
			info.slot.leave()
			info.streamed = true
			out.Body(hctx)
		}}, nil
	}
}

// LimitRate is a middleware for operations, after [SetUser]. It rejects requests above
// the user's rate limit, and adds the remaining quota to every response.
func (a *API) LimitRate(ctx huma.Context, next func(huma.Context)) {
	_, w := humachi.Unwrap(ctx)
	if a.rate != nil {
		if problem := a.rate.admit(requestInfoFrom(ctx.Context()).user, w.Header()); problem != nil {
			WriteTo(ctx, problem)
			return
		}
	}
	next(ctx)
}

// LimitInFlight is the last middleware of an operation, after [SetUser]. It rejects an
// operation while too many are in flight, in total or of the user, and waits until the
// memory that the operation may need is available. It also limits how long sending the
// response may take, so that a client that does not read frees its slot.
func (a *API) LimitInFlight(ctx huma.Context, next func(huma.Context)) {
	info := requestInfoFrom(ctx.Context())
	taken := &info.slot
	if end := time.Now().Add(a.timeout); taken.deadline.IsZero() || end.Before(taken.deadline) {
		taken.deadline = end
	}
	taken.reserved = a.responses.enter(info.user)
	defer taken.reserved.Release()
	defer taken.leave()
	problem := taken.enter(a.inFlight, info.user)
	if problem == nil {
		problem = a.waitForRoom(ctx, taken)
	}
	if problem != nil {
		WriteTo(ctx, problem)
		return
	}
	_, w := humachi.Unwrap(ctx)
	limitResponse(w, a.timeout)
	response := &bufferedResponse{humaContext: ctx}
	next(response)
	response.send(w, taken.reserved)
}

// waitForRoom reserves the memory of an operation.
func (a *API) waitForRoom(ctx huma.Context, taken *slot) *Problem {
	bytes := memoryOf(ctx.Operation())
	if taken.reserved.try(bytes) == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx.Context(), min(roomWait, time.Until(taken.deadline)))
	defer cancel()
	return taken.reserved.wait(waiting, bytes)
}
