package main

import (
	"fmt"
	"os"
	"strings"
)

// seed makes the table the same each time.
const seed = 1

var stages = []float64{1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

func main() { fmt.Fprint(os.Stdout, table()) }

// table is Markdown. What stands behind a slash is simulated.
func table() string {
	var b strings.Builder
	b.WriteString("| users | cells | requests/s | streams | task services, bffs | PostgreSQL: cores, servers | storage | connections; busy / in 99.9 % of moments | tasks in a shard / in the fullest | notices/s / simulated; deliveries/s |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, users := range stages {
		s := sizeOf(users)
		by := simulate(s, seed)
		shard := "–"
		if s.rowsPerShard > 0 {
			shard = short(s.rowsPerShard) + " / " + short(by.fullestShard)
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %d, %d | %.1f, %d | %s | %d; %.1f / %d | %s | %s / %s; %s |\n",
			short(users), s.cells, short(s.demand.requests), short(s.demand.streams), s.tasks, s.bffs, s.serverCores, s.servers,
			bytes(s.bytes), s.connections, s.busy, by.busy, shard, short(s.notices), short(by.notices), short(s.deliveries))
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
	if n >= 1e12 {
		return trim(n/1e12) + " TB"
	}
	return trim(n/1e9) + " GB"
}

func trim(n float64) string {
	if n >= 10 {
		return fmt.Sprintf("%.0f", n)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
}
