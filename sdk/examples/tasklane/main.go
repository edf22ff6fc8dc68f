// Command tasklane is a to-do list on the command line, and an example of the SDK. Its
// README says how to use it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // for machines without a time zone database

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now, wait: wait}
	if dir, err := os.UserConfigDir(); err == nil {
		p.configDir = dir
	}
	if dir, err := os.UserCacheDir(); err == nil {
		p.cacheDir = dir
	}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program has the environment of the commands.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	// wait waits for a duration, or until the context ends.
	wait func(context.Context, time.Duration) error
	// cacheDir and configDir are the user's; empty if they do not exist.
	cacheDir, configDir string
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// command is a command of the program.
type command struct {
	name, usage, help string
	run               func(*session, context.Context, []string) error
}

var commands = []command{
	{"list", "[WORDS]", "list open tasks, or those that contain the words", (*session).list},
	{"add", "TITLE", "add a task", (*session).add},
	{"show", "ID", "show a task with all its fields", (*session).show},
	{"edit", "ID", "change a task's title, description, due date, recurrence, priority or tags", (*session).edit},
	{"done", "ID…", "complete tasks, and show when recurring ones are due next", (*session).done},
	{"reopen", "ID…", "reopen completed tasks", (*session).reopen},
	{"move", "ID", "move a task in the manual order", (*session).move},
	{"delete", "ID…", "move tasks to the trash", (*session).delete},
	{"restore", "ID…", "take tasks out of the trash", (*session).restore},
	{"lists", "", "show the lists, or add one", (*session).lists},
	{"settings", "", "show or change your time zone and the first day of your week", (*session).settings},
	{"login", "", "sign in on the page", (*session).login},
	{"logout", "", "sign out", (*session).logout},
	{"keys", "", "list, create or revoke API keys", (*session).keys},
	{"watch", "", "show changes as they happen, until Ctrl-C", (*session).watch},
}

const introduction = `tasklane shows and changes your tasks.

usage: tasklane COMMAND [FLAGS] …

`

const environment = `
An ID is a short id that "tasklane list" shows, or a full id.
"tasklane COMMAND -h" shows the flags of a command. With -json, commands print
tasks, lists, settings and changes as JSON, for programs.

"tasklane login" signs you in at the site that TASKLANE_SITE or -site names,
by default http://localhost:3000. On the servers' own network, you can use
these variables instead:

  TASKLANE_URL        the task service; http://localhost:8080 by default
  TASKLANE_AUTH_URL   the Better Auth server; http://localhost:3001 by default
  TASKLANE_KEY        an API key; or
  TASKLANE_EMAIL      your email address at that server, and
  TASKLANE_PASSWORD   your password; or
  TASKLANE_TOKEN      a JWT
`

// session is one run of a command.
type session struct {
	program
	client *sdk.Client
	flags  *flag.FlagSet
	json   bool
}

// run runs a command and returns the exit code.
func (p program) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.help(p.stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		p.help(p.stdout)
		return exitDone
	}
	for _, c := range commands {
		if c.name == args[0] {
			return p.report(p.runCommand(ctx, c, args[1:]))
		}
	}
	return p.report(usageError(fmt.Sprintf("there is no command %q; \"tasklane help\" shows all commands", args[0])))
}

func (p program) help(w io.Writer) {
	fmt.Fprint(w, introduction)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-15s %s\n", c.name+" "+c.usage, c.help)
	}
	fmt.Fprint(w, environment)
}

func (p program) runCommand(ctx context.Context, c command, args []string) error {
	s := &session{program: p, flags: flag.NewFlagSet(c.name, flag.ContinueOnError)}
	s.flags.BoolVar(&s.json, "json", false, "print JSON")
	s.flags.SetOutput(io.Discard) // report prints errors
	s.flags.Usage = func() {}
	err := c.run(s, ctx, args)
	if s.client != nil {
		s.client.Close()
	}
	if errors.Is(err, flag.ErrHelp) {
		usage := strings.TrimSpace(c.name + " [FLAGS] " + c.usage)
		fmt.Fprintf(p.stdout, "usage: tasklane %s\n\n%s\n\n", usage, c.help)
		s.flags.SetOutput(p.stdout)
		s.flags.PrintDefaults()
		return nil
	}
	return err
}

// start parses the command line, returns the arguments that are not flags, and creates
// the client.
func (s *session) start(args []string) ([]string, error) {
	words, err := s.parse(args)
	if err != nil {
		return nil, err
	}
	s.client, err = s.connect()
	return words, err
}

// startInZone calls start, and sets the clock and the dates of the command to the time
// zone of the user's settings.
func (s *session) startInZone(ctx context.Context, args []string) ([]string, error) {
	words, err := s.start(args)
	if err != nil {
		return nil, err
	}
	settings, err := s.client.Settings(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := taskapi.LoadZone(settings.TimeZone)
	if err != nil {
		return nil, err
	}
	now := s.now
	s.now = func() time.Time { return now().In(zone) }
	return words, nil
}

// parse parses flags at any position, and returns the other arguments.
func (s *session) parse(args []string) ([]string, error) {
	var words []string
	for {
		before := args
		if err := s.flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError(fmt.Sprintf("%v; \"tasklane %s -h\" shows the flags", err, s.flags.Name()))
		}
		args = s.flags.Args()
		if read := len(before) - len(args); len(args) == 0 || (read > 0 && before[read-1] == "--") {
			return append(words, args...), nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}
