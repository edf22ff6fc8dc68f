package httpapi

import (
	"sync"
	"sync/atomic"
)

// gate counts what is under way and lets in no more than its limit; zero is no
// limit.
type gate struct {
	inside atomic.Int64
	limit  int64
}

func newGate(limit int) *gate { return &gate{limit: int64(limit)} }

// enter reports whether there was room. Each success is followed by one leave.
func (g *gate) enter() bool {
	if n := g.inside.Add(1); g.limit == 0 || n <= g.limit {
		return true
	}
	g.leave()
	return false
}

func (g *gate) leave() { g.inside.Add(-1) }

// count is the number inside, for the metrics.
func (g *gate) count() float64 { return float64(g.inside.Load()) }

// UserGate counts what is under way for each user and bounds it.
type UserGate struct {
	most int

	mu    sync.Mutex
	users map[string]int
}

// NewUserGate returns a gate through which each user has no more than most.
func NewUserGate(most int) *UserGate {
	return &UserGate{most: most, users: map[string]int{}}
}

// Enter counts one more, unless the user has as many as there may be.
func (c *UserGate) Enter(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user] >= c.most {
		return false
	}
	c.users[user]++
	return true
}

// Leave counts one that has ended.
func (c *UserGate) Leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user]--; c.users[user] == 0 {
		delete(c.users, user)
	}
}
