package main

import "time"

// Everything here was measured; what was decided or assumed is in model.go.
// Figures of bench/RESULTS.md may be rounded: a test compares them with it.

// cpu is the processor time that one request takes of a server. work, contender
// and column are its place in the table of bench/RESULTS.md.
type cpu struct {
	time.Duration
	work, contender, column string
}

const (
	own      = "own CPU"
	database = "PostgreSQL's CPU"
)

// work is a kind of request: its share of all, and what it takes of the bff, of
// the task service and of PostgreSQL. Lists are those of the grown database, and
// otherwise PostgreSQL's time is that behind the bff: each is the larger one.
type work struct {
	name               string
	share              float64
	bff, tasks, server cpu
	writes             bool
}

var works = []work{
	{
		name: "list 50", share: 0.50,
		bff:    cpu{229 * time.Microsecond, "list 50", "bff", own},
		tasks:  cpu{232 * time.Microsecond, "growth: list 50", "grown database", own},
		server: cpu{234 * time.Microsecond, "growth: list 50", "grown database", database},
	},
	{
		name: "get one", share: 0.25,
		bff:    cpu{127 * time.Microsecond, "get", "bff", own},
		tasks:  cpu{108 * time.Microsecond, "get", "service", own},
		server: cpu{69 * time.Microsecond, "get", "bff", database},
	},
	{
		name: "create", share: 0.10, writes: true,
		bff:    cpu{237 * time.Microsecond, "create", "bff", own},
		tasks:  cpu{273 * time.Microsecond, "create", "service", own},
		server: cpu{392 * time.Microsecond, "create", "bff", database},
	},
	{
		name: "update", share: 0.15, writes: true,
		bff:    cpu{290 * time.Microsecond, "update", "bff", own},
		tasks:  cpu{364 * time.Microsecond, "update", "service", own},
		server: cpu{532 * time.Microsecond, "update", "bff", database},
	},
}

// exchange is what Better Auth takes to say that a session lives and to sign a
// JWT, and what PostgreSQL takes for it.
var exchange = struct{ auth, server cpu }{
	auth:   cpu{4160 * time.Microsecond, "session for a JWT", "Better Auth", own},
	server: cpu{350 * time.Microsecond, "session for a JWT", "Better Auth", database},
}

// memory is in bytes. row finds the figure in bench/RESULTS.md, in units of
// unit.
type memory struct {
	bytes float64
	row   string
	unit  float64
}

// What a process has under load, and what a quiet stream adds to it.
var (
	tasksMemory   = memory{56e6, `memory under load \|[^|]*\| (\d+) MB`, 1e6}
	tasksStream   = memory{43.5e3, `memory of an idle stream \|[^|]*\| ([\d.]+) KB`, 1e3}
	bffMemory     = memory{40e6, `Of the bff: (\d+) MB at most`, 1e6}
	bffStream     = memory{84.5e3, `Of the bff: .* quiet streams, ([\d.]+) KB for each`, 1e3}
	authMemory    = memory{211e6, `Of Better Auth: (\d+) MB at most`, 1e6}
	memoryFigures = []memory{tasksMemory, tasksStream, bffMemory, bffStream, authMemory}
)

const (
	// taskBytes is a task of a hundred characters with its indexes, by make
	// test-migrations.
	taskBytes = 650
	// deliveryTime is what a notice of forty users costs PostgreSQL and the
	// replica that hears it together, by BenchmarkWakeUp in the store: each
	// further replica is 14.5 µs on two cores.
	deliveryTime = 29 * time.Microsecond
)
