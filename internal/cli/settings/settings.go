// Package settings gives the flags of a command the values of the environment and of a TOML file, unless
// its command line sets them.
//
// The flag --max-live of any command is DIARIZER_MAX_LIVE in the environment, and
// max-live in the file, for all commands that have it, or for one in the table of its
// name. The command line goes first, then the environment, then the command's table, then
// the rest of the file. Of flags that exclude each other, only those that are set in the first
// of these places count.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/cli"
)

// Prefix begins the name of every variable.
const Prefix = "DIARIZER_"

// Variable is the environment variable of a flag.
func Variable(flag string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// File has the settings of a file. The zero value has none.
type File struct {
	path   string
	values map[string]any
}

// Path is the path of the file, empty if there is none.
func (f File) Path() string { return f.path }

// Read reads a file and checks it against the commands of the program: a name that is no flag is an
// error. If must is false, a file that does not exist has no settings.
func Read(path string, must bool, root *cobra.Command) (File, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return File{}, nil
	}
	if err != nil {
		return File{}, err
	}
	f := File{path: path}
	if err := toml.Unmarshal(data, &f.values); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return File{}, fmt.Errorf("%s, line %d: %s: expected TOML, such as model = \"light\"", path, at.Position.Line, at.Message)
		}
		return File{}, fmt.Errorf("%s: %w: expected TOML, such as model = \"light\"", path, err)
	}
	return f, check(path, "", f.values, root)
}

// check checks a table against a command and the commands below it.
func check(path, table string, values map[string]any, cmd *cobra.Command) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		where := table + key
		if inner, ok := values[key].(map[string]any); ok {
			i := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == key })
			if i < 0 {
				return fmt.Errorf("%s: [%s]: expected the name of a command, such as [listen]", path, where)
			}
			if err := check(path, where+".", inner, cmd.Commands()[i]); err != nil {
				return err
			}
			continue
		}
		if !has(cmd, key) {
			what := "a command has"
			if table != "" {
				what = "diarizer " + strings.ReplaceAll(strings.TrimSuffix(table, "."), ".", " ") + " has"
			}
			return fmt.Errorf("%s: %s: expected a flag that %s, without its --", path, where, what)
		}
		if _, err := texts(values[key]); err != nil {
			return fmt.Errorf("%s: %s: %w", path, where, err)
		}
	}
	return nil
}

// has reports whether a command or one below it has a flag that can be set.
func has(cmd *cobra.Command, name string) bool {
	if f := cmd.LocalFlags().Lookup(name); f != nil && settable(f) {
		return true
	}
	return slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return has(c, name) })
}

// settable is false for flags that only the command line can set.
func settable(f *pflag.Flag) bool {
	return f.Name != "help" && f.Name != "version" && f.Name != "config"
}

// texts is a value as on a command line, with a word for each element.
func texts(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case bool, int64, float64:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var all []string
		for _, e := range v {
			one, err := texts(e)
			if err != nil || len(one) != 1 {
				return nil, errors.New("expected an array of strings or numbers")
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, errors.New("expected a string, a number, true or false, or an array of strings")
}

// In is the value of a flag that is in force.
type In struct {
	Flag *pflag.Flag
	// From says where its value comes from: the variable, the file, "command line" or
	// "default".
	From string
}

// Apply sets the flags of a command that its command line has not set. env is [os.LookupEnv]. Apply
// returns all flags with the source of their values, by name.
func (f File) Apply(cmd *cobra.Command, env func(string) (string, bool)) (all []In, err error) {
	tables := f.tables(cmd)
	found := map[string]setting{}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if s, ok := f.find(flag, env, tables); ok && settable(flag) {
			found[flag.Name] = s
		}
	})
	inForce := withoutExcluded(cmd.Flags(), found)
	var errs []error
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !settable(flag) {
			return
		}
		in := In{flag, "default"}
		if s, ok := inForce[flag.Name]; ok {
			in.From = s.from
			if !flag.Changed {
				errs = append(errs, set(cmd.Flags(), flag, s.words, s.where))
			}
			if s.off && len(cli.Excluded(flag)) > 0 {
				flag.Changed = false // so that it excludes no other flag
			}
		}
		all = append(all, in)
	})
	return all, errors.Join(errs...)
}

// withoutExcluded returns the settings that are in force. Flags exclude those of later places.
func withoutExcluded(flags *pflag.FlagSet, found map[string]setting) map[string]setting {
	inForce := map[string]setting{}
	for _, name := range slices.SortedFunc(maps.Keys(found), func(a, b string) int { return found[a].rank - found[b].rank }) {
		s := found[name]
		excluded := slices.ContainsFunc(cli.Excluded(flags.Lookup(name)), func(other string) bool {
			first, ok := inForce[other]
			return ok && !first.off && first.rank < s.rank
		})
		if s.off || !excluded {
			inForce[name] = s
		}
	}
	return inForce
}

// setting is the value of a flag in the first place that has one.
type setting struct {
	rank  int  // of the place: 0 for the command line
	off   bool // whether the flag is switched off: its value excludes no other flag
	words []string
	from  string // names the place, where in errors
	where string
}

// find looks for a flag's value on the command line, in the environment and in the tables.
func (f File) find(flag *pflag.Flag, env func(string) (string, bool), tables []named) (setting, bool) {
	if flag.Changed {
		return setting{off: off(flag, flag.Value.String()), from: "command line"}, true
	}
	if value, ok := env(Variable(flag.Name)); ok {
		name := Variable(flag.Name)
		return setting{1, value == "" || off(flag, value), []string{value}, name, name}, true
	}
	for i, t := range tables {
		if value, ok := t.values[flag.Name]; ok && !isTable(value) {
			words, _ := texts(value) // Read has checked it
			from := f.path + t.name
			return setting{2 + i, len(words) == 1 && (words[0] == "" || off(flag, words[0])), words, from, from + ": " + flag.Name}, true
		}
	}
	return setting{}, false
}

// off reports whether value switches a flag off that is on or off.
func off(flag *pflag.Flag, value string) bool {
	on, err := strconv.ParseBool(value)
	return flag.Value.Type() == "bool" && err == nil && !on
}

func isTable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// named is a table with its place in words.
type named struct {
	name   string
	values map[string]any
}

// tables are the tables that apply to a command, the most specific first.
func (f File) tables(cmd *cobra.Command) (all []named) {
	values, name := f.values, ""
	all = []named{{"", values}}
	for _, word := range strings.Fields(cmd.CommandPath())[1:] {
		values, _ = values[word].(map[string]any)
		name = strings.TrimPrefix(name+"."+word, ".")
		all = append(all, named{" [" + name + "]", values})
	}
	slices.Reverse(all)
	return all
}

// set gives a flag a value. words are the elements of a flag that takes several. where names the
// source in errors.
func set(flags *pflag.FlagSet, flag *pflag.Flag, words []string, where string) error {
	var err error
	if list, ok := flag.Value.(pflag.SliceValue); ok && len(words) != 1 {
		if err = list.Replace(words); err == nil {
			flag.Changed = true
		}
	} else if len(words) != 1 {
		err = fmt.Errorf("expected one value instead of %d", len(words))
	} else {
		err = flags.Set(flag.Name, words[0])
	}
	if err != nil {
		if value := (*pflag.InvalidValueError)(nil); errors.As(err, &value) {
			err = cli.Expected(value)
		}
		return fmt.Errorf("%s = %q: %w", where, strings.Join(words, ","), err)
	}
	return nil
}
