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

// limit is a limit that requests are refused by, as the metrics name it.
type limit string

const (
	limitRate         limit = "rate"
	limitClientRate   limit = "client_rate"
	limitInFlight     limit = "in_flight"
	limitUserInFlight limit = "user_in_flight"
	limitMemory       limit = "memory"
	limitUserMemory   limit = "user_memory"
	limitStreams      limit = "streams"
	// ofAuth precedes the limits of requests to Better Auth.
	ofAuth = "auth_"
)

// overloadedRetryAfter is when to come back to a server that is full. Requests
// are short; streams are not, but another replica may have room.
const overloadedRetryAfter = time.Second

// Limits bound what a server takes on, each replica for itself. A field that is
// zero sets no limit. How many bytes it holds is bounded besides (room.go).
type Limits struct {
	// InFlight is the number of operations that are worked on at once, of
	// which a quarter may be one user's. An operation counts once its caller is
	// known and its body has arrived, a stream until it streams. As many
	// requests beside the operations have places of their own, of which a
	// quarter may be one client's.
	InFlight int
	// Streams is the number of streams that are open at once.
	Streams int
	// Rate is how often one user may call operations behind [API.LimitRate].
	Rate Rate
}

// userShare is what part of all that is in flight or held may be one caller's, so
// that a client that does not read answers holds up few others.
const userShare = 4

// slot is a request's place among those in flight, and among those of its user.
type slot struct {
	gate  *gate
	users *UserGate
	user  string
	hold  *Held
	// deadline is when the operation must end for its caller; zero if the caller
	// did not say.
	deadline time.Time
}

// leave gives the places back.
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

// arrive is a middleware that notes when a request's caller gives up. What a
// stranger asks for takes no place in flight.
func arrive(ctx huma.Context, next func(huma.Context)) {
	if info := requestInfoFrom(ctx.Context()); info != nil {
		info.slot.deadline = statedDeadline(ctx.Header(TimeoutHeader))
	}
	next(ctx)
}

// TimeoutHeader carries the seconds that a caller has left for a request, such as
// 7.4.
const TimeoutHeader = "X-Request-Timeout"

// statedDeadline returns when an operation must end to be answered before its
// caller gives up, and zero if the header does not say, or not sensibly.
func statedDeadline(header string) time.Time {
	if header == "" {
		return time.Time{}
	}
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
// flight, apart from the operations, and may take the time given. client names who
// a request is from. An API has one such handler.
func (a *API) Admit(next http.Handler, maxBodyBytes int64, timeout time.Duration, client func(*http.Request) string) http.Handler {
	a.metrics.Gauge("tasklane_auth_requests_in_flight", "Requests to Better Auth that are worked on.", a.othersInFlight.count)
	a.metrics.showLimits(ofAuth+limitInFlight, ofAuth+limitUserInFlight, ofAuth+limitMemory, ofAuth+limitUserMemory)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &receivedBody{hold: a.otherReceived.enter(client(r))}
		defer body.hold.Release()
		held := &slot{}
		defer held.leave()
		var problem *Problem
		if isEncoded(r) {
			problem = unsupportedEncoding()
		} else {
			problem = body.receive(w, r, maxBodyBytes)
		}
		if problem == nil {
			problem = held.enter(a.othersInFlight, a.clients, client(r))
		}
		if problem != nil {
			if problem.limit != "" {
				problem.limit = ofAuth + problem.limit
			}
			WriteProblem(w, r, problem)
			return
		}
		limitAnswer(w, timeout)
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// enter takes a place among all that are in flight and among those of a caller.
func (s *slot) enter(all *gate, each *UserGate, caller string) *Problem {
	if !all.enter() {
		return full(limitInFlight)
	}
	s.gate = all
	if each != nil && !each.Enter(caller) {
		return tooMuchAtOnce(limitUserInFlight)
	}
	s.users, s.user = each, caller
	return nil
}

func limitAnswer(w http.ResponseWriter, timeout time.Duration) {
	// Only a connection has deadlines; a recorder in a test has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout + budget.Delivery))
}

func full(by limit) *Problem {
	return overloaded(by, "The server has as much to do as it can. Try again shortly.")
}

func tooMuchAtOnce(by limit) *Problem {
	return refusal(by, taskapi.CodeRateLimited, "Too many requests at once. Try again shortly.")
}

func overloaded(by limit, sentence string) *Problem {
	return refusal(by, taskapi.CodeOverloaded, sentence)
}

func refusal(by limit, code taskapi.ErrorCode, sentence string) *Problem {
	p := NewProblem(code, sentence).WithRetryAfter(overloadedRetryAfter)
	p.limit = by
	return p
}

// stream makes a handler's answer a stream: one of those that may be open at
// once, and no longer in flight.
func stream[I any](api *API, handler func(context.Context, *I) (*huma.StreamResponse, error)) func(context.Context, *I) (*huma.StreamResponse, error) {
	return func(ctx context.Context, in *I) (_ *huma.StreamResponse, err error) {
		if !api.streams.enter() {
			return nil, overloaded(limitStreams, "As many streams are open on this server as there may be. Try again shortly.")
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
			defer func() {
				if info := requestInfoFrom(hctx.Context()); info != nil && info.stream != nil {
					info.stream.whenEnded(api.streams.leave)
				} else {
					api.streams.leave()
				}
			}()
			if info := requestInfoFrom(hctx.Context()); info != nil {
				info.slot.leave()
				info.streamed = true
			}
			out.Body(hctx)
		}}, nil
	}
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

// LimitInFlight is a middleware for operations, the last one, whose user is known
// by [SetUser]. It refuses an operation while too many are in flight, altogether
// or of the user, and waits until there is room for what it may hold in memory. It
// also bounds how long the answer may take, so that a client that does not read
// holds nothing for long.
func (a *API) LimitInFlight(ctx huma.Context, next func(huma.Context)) {
	info := requestInfoFrom(ctx.Context())
	if info == nil {
		next(ctx)
		return
	}
	held := &info.slot
	if end := time.Now().Add(a.timeout); held.deadline.IsZero() || end.Before(held.deadline) {
		held.deadline = end
	}
	held.hold = a.answers.enter(info.user)
	defer held.hold.Release()
	defer held.leave()
	problem := held.enter(a.inFlight, a.users, info.user)
	if problem == nil {
		problem = a.waitForRoom(ctx, held)
	}
	if problem != nil {
		WriteTo(ctx, problem)
		return
	}
	_, w := humachi.Unwrap(ctx)
	limitAnswer(w, a.timeout)
	answer := &answer{humaContext: ctx}
	next(answer)
	answer.send(w, held.hold)
}

// waitForRoom takes what an operation may hold.
func (a *API) waitForRoom(ctx huma.Context, held *slot) *Problem {
	bytes := holds(ctx.Operation())
	if held.hold.try(bytes) == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx.Context(), min(roomWait, time.Until(held.deadline)))
	defer cancel()
	return held.hold.wait(waiting, bytes)
}
