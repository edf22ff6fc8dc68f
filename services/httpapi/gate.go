package httpapi

import (
	"sync"
	"sync/atomic"
)

// gate counts who is inside and bounds their number; zero means no limit.
type gate struct {
	inside atomic.Int64
	limit  int64
}

func newGate(limit int) *gate { return &gate{limit: int64(limit)} }

// enter reports whether there was room. Call leave once after each success.
func (g *gate) enter() bool {
	if n := g.inside.Add(1); g.limit == 0 || n <= g.limit {
		return true
	}
	g.leave()
	return false
}

func (g *gate) leave() { g.inside.Add(-1) }

// count returns the number inside, for the metrics.
func (g *gate) count() float64 { return float64(g.inside.Load()) }

// UserGate bounds how many requests each user has inside.
type UserGate struct {
	most int

	mu    sync.Mutex
	users map[string]int
}

// NewUserGate returns a gate for at most most requests per user.
func NewUserGate(most int) *UserGate {
	return &UserGate{most: most, users: map[string]int{}}
}

// Enter reports whether the user had room for one more request. Call Leave once after
// each success.
func (c *UserGate) Enter(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user] >= c.most {
		return false
	}
	c.users[user]++
	return true
}

// Leave frees one place of the user.
func (c *UserGate) Leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user]--; c.users[user] == 0 {
		delete(c.users, user)
	}
}
