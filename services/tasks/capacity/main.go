// Command capacity prints how Tasklane grows from one machine to a hundred
// million users: what a deployment of each size needs by arithmetic, and beside
// it what a simulation of users says about the same figures. The tables are
// those of services/SCALING.md.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// seed makes the tables the same each time.
const seed = 1

var stages = []float64{1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

func main() { fmt.Fprint(os.Stdout, strings.Join(tables(), "\n")) }

// tables are those of services/SCALING.md, in its order and in Markdown.
func tables() []string {
	return []string{costs(), firstMillion(), processes(), databases()}
}

// costs is what one request takes, and how many of them a core does.
func costs() string {
	var b strings.Builder
	b.WriteString("| request | bff | task service | Better Auth | PostgreSQL | a core does, without the bff | with it |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, w := range works {
		behind := w.tasks.Duration + w.server.Duration
		fmt.Fprintf(&b, "| %s | %s | %s | – | %s | %s/s | %s/s |\n", w.name,
			w.bff, w.tasks, w.server, perSecond(behind), perSecond(behind+w.bff.Duration))
	}
	fmt.Fprintf(&b, "| exchange of a session | – | – | %s | %s | %s/s | – |\n",
		exchange.auth, exchange.server, perSecond(exchange.auth.Duration+exchange.server.Duration))
	return b.String()
}

func (c cpu) String() string { return fmt.Sprintf("%d µs", c.Microseconds()) }

func perSecond(each time.Duration) string { return short(1 / each.Seconds()) }

// firstMillion is what a million users take at the peak.
func firstMillion() string {
	s := sizeOf(1e6)
	long := s.demand.exchanges(longCacheTTL, s.bffs)
	var b strings.Builder
	b.WriteString("| processor of | busy cores | memory of | |\n| --- | --- | --- | --- |\n")
	fmt.Fprintf(&b, "| Better Auth | %.2f | streams at the bffs | %s |\n", s.busy.auth, bytes(s.demand.streams*bffStream.bytes))
	fmt.Fprintf(&b, "| PostgreSQL, for Better Auth | %.2f | streams at the task services | %s |\n", s.busy.authServer, bytes(s.demand.streams*tasksStream.bytes))
	fmt.Fprintf(&b, "| Better Auth and its PostgreSQL, with `SESSION_CACHE_TTL=5m` | %.2f | | |\n", long*(exchange.auth.Seconds()+exchange.server.Seconds()))
	fmt.Fprintf(&b, "| bffs | %.2f | | |\n", s.busy.bff)
	fmt.Fprintf(&b, "| PostgreSQL, for tasks | %.2f | | |\n", s.busy.server)
	fmt.Fprintf(&b, "| task services | %.2f | | |\n", s.busy.tasks)
	return b.String()
}

// processes is what runs beside PostgreSQL.
func processes() string {
	var b strings.Builder
	b.WriteString("| users | cells | requests/s | streams | exchanges/s | Better Auth | bffs | task services |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, users := range stages {
		s := sizeOf(users)
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %d | %d of %s | %d of %s |\n",
			short(users), s.cells, short(s.demand.requests), short(s.demand.streams), short(s.exchanges),
			s.auths, s.bffs, bytes(s.bffBytes), s.tasks, bytes(s.tasksBytes))
	}
	return b.String()
}

// databases is what PostgreSQL does. What stands behind a slash is simulated.
func databases() string {
	var b strings.Builder
	b.WriteString("| users | for tasks: cores, servers | for Better Auth: cores | storage | connections of all | for requests; held / in 99.9 % of moments | tasks in a shard / in the fullest | notices/s / simulated; deliveries/s |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, users := range stages {
		s := sizeOf(users)
		by := simulate(s, seed)
		shard := "–"
		if s.rowsPerShard > 0 {
			shard = short(s.rowsPerShard) + " / " + short(by.fullestShard)
		}
		fmt.Fprintf(&b, "| %s | %.1f, %d | %.1f | %s | %s | %d; %.1f / %d | %s | %s / %s; %s |\n",
			short(users), s.serverCores, s.servers, s.authCores, bytes(s.bytes), short(float64(s.allConnections)),
			s.connections, s.held, by.held, shard, short(s.notices), short(by.notices), short(s.deliveries))
	}
	return b.String()
}

// short writes a number with two digits or three that mean something.
func short(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if n >= unit.size {
			return trim(n/unit.size) + unit.name
		}
	}
	return trim(n)
}

func bytes(n float64) string {
	switch {
	case n >= 1e12:
		return trim(n/1e12) + " TB"
	case n >= 1e9:
		return trim(n/1e9) + " GB"
	}
	return trim(n/1e6) + " MB"
}

func trim(n float64) string {
	if n >= 10 {
		return fmt.Sprintf("%.0f", n)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
}
