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

// overloadedRetryAfter is when to come back to a server that is full. Requests
// are short; streams are not, but another replica may have room.
const overloadedRetryAfter = time.Second

// Limits bound what a server takes on, each replica for itself. A field that is
// zero sets no limit.
type Limits struct {
	// InFlight is the number of operations that are worked on at once, of
	// which a quarter may be one user's behind [API.Share]. As many requests
	// beside the operations have places of their own. A stream counts until
	// it streams.
	InFlight int
	// Streams is the number of streams that are open at once.
	Streams int
	// Rate is how often one user may call operations behind [API.LimitRate].
	Rate Rate
}

// userShare is what part of all that is in flight may be one user's, so that
// who does not read answers holds up few others.
const userShare = 4

// slot is a request's place among those in flight, and among those of its user.
// Only the request's own goroutine uses it.
type slot struct {
	gate  *gate
	users *UserGate
	user  string
	// deadline is when the operation must end for its caller; zero if the caller
	// did not say.
	deadline time.Time
}

func (s *slot) leave() {
	if s.gate != nil {
		s.gate.leave()
		s.gate = nil
	}
	if s.users != nil {
		s.users.Leave(s.user)
		s.users = nil
	}
}

// enter takes a place again after leave, if there is one.
func (s *slot) enter(gate *gate) bool {
	if !gate.enter() {
		return false
	}
	s.gate = gate
	return true
}

type slotKey struct{}

// admit lets a request in unless too many are in flight: before its body is
// read and before it waits for the database. It also bounds how long the
// answer may take, so that a client that does not read holds nothing for long.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	if !a.inFlight.enter() {
		WriteTo(ctx, full())
		return
	}
	held := &slot{gate: a.inFlight, deadline: statedDeadline(ctx.Header(TimeoutHeader))}
	defer held.leave()
	_, w := humachi.Unwrap(ctx)
	limitAnswer(w, a.timeout)
	next(huma.WithValue(ctx, slotKey{}, held))
}

// TimeoutHeader carries the seconds that a caller has left for a request, such as
// 7.4.
const TimeoutHeader = "X-Request-Timeout"

// statedDeadline returns when an operation must end to be answered before its
// caller gives up, and zero if the header does not say, or not sensibly.
func statedDeadline(header string) time.Time {
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || !(seconds > 0) || seconds > maxStated.Seconds() {
		return time.Time{}
	}
	left := time.Duration(seconds * float64(time.Second))
	return time.Now().Add(max(left-budget.Answer, left/2))
}

// maxStated is far more than any operation takes.
const maxStated = 24 * time.Hour

// Admit is a middleware for a handler that is no operation, with bodies of
// maxBodyBytes at most. Once its body has arrived, a request counts among those in
// flight, apart from the operations, and may take the time given. An API has one
// such handler.
func (a *API) Admit(next http.Handler, maxBodyBytes int64, timeout time.Duration) http.Handler {
	a.metrics.Gauge("tasklane_requests_beside_in_flight", "Requests in flight that are no operations.", a.othersInFlight.count)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &receivedBody{total: &a.otherReceived}
		defer body.release()
		var problem *Problem
		if isEncoded(r) {
			problem = unsupportedEncoding()
		} else {
			problem = body.receive(w, r, maxBodyBytes)
		}
		if problem == nil && !a.othersInFlight.enter() {
			problem = full()
		}
		if problem != nil {
			WriteProblem(w, r, problem)
			return
		}
		defer a.othersInFlight.leave()
		limitAnswer(w, timeout)
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func limitAnswer(w http.ResponseWriter, timeout time.Duration) {
	// Only a connection has deadlines; a recorder in a test has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout + budget.Delivery))
}

func full() *Problem {
	return overloaded("The server has as much to do as it can. Try again shortly.")
}

func overloaded(sentence string) *Problem {
	return NewProblem(taskapi.CodeOverloaded, sentence).WithRetryAfter(overloadedRetryAfter)
}

// stream makes a handler's answer a stream: one of those that may be open at
// once, and no longer in flight.
func stream[I any](api *API, handler func(context.Context, *I) (*huma.StreamResponse, error)) func(context.Context, *I) (*huma.StreamResponse, error) {
	return func(ctx context.Context, in *I) (_ *huma.StreamResponse, err error) {
		if !api.streams.enter() {
			return nil, overloaded("As many streams are open on this server as there may be. Try again shortly.")
		}
		streaming := false
		defer func() {
			if !streaming {
				api.streams.leave()
			}
		}()
		out, err := handler(ctx, in)
		if err != nil {
			return nil, err
		}
		streaming = true
		return &huma.StreamResponse{Body: func(hctx huma.Context) {
			defer api.streams.leave()
			if held, ok := hctx.Context().Value(slotKey{}).(*slot); ok {
				held.leave()
			}
			if info := requestInfoFrom(hctx.Context()); info != nil {
				info.streamed = true
			}
			out.Body(headOnly(hctx))
		}}, nil
	}
}

// headOnly returns the context of a stream that has ended already where only its
// header is asked for. The client takes such an answer for complete and sends
// its next request, which would wait on this connection for the stream's end.
func headOnly(hctx huma.Context) huma.Context {
	if hctx.Method() != http.MethodHead {
		return hctx
	}
	ended, end := context.WithCancel(hctx.Context())
	end()
	return huma.WithContext(hctx, ended)
}

// LimitRate is a middleware for operations whose user is known by [SetUser]: it
// refuses those that come more often than the limits allow, and tells with
// every answer how many may follow.
func (a *API) LimitRate(ctx huma.Context, next func(huma.Context)) {
	info := requestInfoFrom(ctx.Context())
	if a.rate == nil || info == nil {
		next(ctx)
		return
	}
	_, w := humachi.Unwrap(ctx)
	if problem := a.rate.admit(info.user, w.Header()); problem != nil {
		WriteTo(ctx, problem)
		return
	}
	next(ctx)
}

// Share is a middleware for operations, the last one, whose user is known by
// [SetUser]: it refuses those of a user who has a share of all that is in flight
// already.
func (a *API) Share(ctx huma.Context, next func(huma.Context)) {
	held, _ := ctx.Context().Value(slotKey{}).(*slot)
	info := requestInfoFrom(ctx.Context())
	if a.users == nil || held == nil || info == nil {
		next(ctx)
		return
	}
	if !a.users.Enter(info.user) {
		WriteTo(ctx, NewProblem(taskapi.CodeRateLimited, "Too many requests at once. Try again shortly.").WithRetryAfter(overloadedRetryAfter))
		return
	}
	held.users, held.user = a.users, info.user
	next(ctx)
}
