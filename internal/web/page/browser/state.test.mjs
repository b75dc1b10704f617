// The page's board of a stream is the program's: the same events give the same turns, names and
// shares.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { lines as linesOf } from "../web/said.js";
import { Board } from "../web/state.js";
import { stage } from "./harness.mjs";

const plain = (turns) => turns.map((t) => ({ ...t, open: Boolean(t.open) }));

for (const seed of [1, 2, 3, 4, 5]) {
  test(`board of meeting ${seed}`, () => {
    const lines = execFileSync(stage, ["-dump", ...(seed < 2 ? ["-words"] : []), "-turns", "150", "-speakers", String(3 + seed), "-seed", String(seed)], { maxBuffer: 1 << 28 })
      .toString().trim().split("\n").map((l) => JSON.parse(l));
    let board = null;
    let compared = 0;
    for (const { event, board: want, shares, lines: said } of lines) {
      if (!board) board = new Board({ stream: event.stream, run: event.run });
      assert.notEqual(board.apply(event), null);
      assert.equal(board.apply(event), null, "an event that came before changed something");
      if (!want) continue;
      compared++;
      assert.deepEqual(plain(board.turns), plain(want.turns));
      assert.deepEqual(board.gaps, want.gaps);
      const words = (all) => all.map(({ recogniser, words }) => [recogniser, words]);
      assert.deepEqual([...board.said], words(want.said ?? []));
      assert.deepEqual(linesOf([...board.said.values()][0] ?? []).map((l) => [l.speaker, l.words.length]), said);
      const own = board.shares();
      assert.deepEqual(own.map((s) => [s.name, s.turns, s.speaking]), (shares ?? []).map((s) => [s.Name, s.turns, s.Speaking]));
      own.forEach((s, i) => assert.ok(Math.abs(s.share - shares[i].Share) < 1e-9, `${s.name} has ${s.share}, want ${shares[i].Share}`));
      const late = new Board(want);
      assert.deepEqual(late.shares(), board.shares(), "a late page shows something else");
      for (const [a, b] of [[0, 30], [board.time - 20, board.time], [board.time / 3, board.time / 2]]) {
        assert.deepEqual(board.between(a, b), board.turns.filter((t) => t.end > a && t.start < b));
      }
    }
    assert.ok(compared > 10);
  });
}
