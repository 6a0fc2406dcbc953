"""The words of results/metric_validity/README.md."""

ABOUT = """# Which metrics can be trusted?

Made by `python benchmarks/metric_validity.py` ({minutes} CPU minutes; [environment.json](environment.json)). `--tables`
writes this page, the CSV files and the figures anew from [records](records).

A metric of explanations claims to say which method is better. Here it is asked for methods whose true errors are known.
{methods} methods, none of them a control; n/N is on how many worlds there is an order of at least 5 methods.

![orders](orders.svg)

What a part of a picture is worth depends on what stands in its place, for the truth as well: on the same trained
networks truth is measured twice, with parts exchanged for those of other pictures and with parts filled with the mean.
Better than the best criterion that asks the model nothing, by the 95 % interval of the paired difference over networks
(that criterion is {free} where parts are exchanged, {free_mean} where they are filled):

- by both truths: {both};
- only where parts are exchanged: {exchanged};
- only where they are filled with the mean, which is what most of these metrics do themselves: {filled};
- by neither: {neither}.

**A map that knows nothing of the model wins** on at least half of the networks: {flagged}.

![use](use.svg)

{board}

`*`: maps that know nothing win by definition (`Metric.trivial`); boards do not rank by these, and neither should you.
In bold: the red team wins on half of the networks or more. There is no total: a metric that is right on these worlds
and beaten by a blur is not half good. `abpc`, `aopc` and `selectivity` order methods as `srg(infill='mean')` and
`pixel_flipping` do and are no rows of their own; `excess_region` orders them as `ssr` does. Not asked: `roar` (15
trainings a method and network), `focus` (needs mosaics), `completeness`, `cosine_convergence` and `pattern_quality`
(about claims of few methods).

## The columns

- **exact worlds**: from [results/exact_worlds](../exact_worlds), where there is such a number.
- **planted**: mean Kendall tau-b between the order of methods by the metric's mean score and that by mean true error,
  with its 95 % interval over worlds. Networks of one convolution with weights that are written down, on digits: patches
  of 2 x 2 pixels only add, so that every pixel's Shapley value is known exactly (`planted_world`; five designs, three
  draws each). The truth, the infill of most metrics and the baseline of the methods are the same: the mean.
- **shortcut**: the same on {networks} trained networks, {strengths} strengths of the shortcut x {seeds} seeds, the
  seeds on different digits, 12 a network (`shortcut_world`). Above the digit a strip holds a mark that tells the class,
  more or less often. Networks are told apart by the use that is measured, below, never by the strength.
  Truth is `exchanged` (parts of other pictures in place of what is left out) or `mean` (the data's mean).
- **beyond model-free**: the same less the tau of {free}, or {free_mean} for the truth by the mean, paired by network. A
  metric at 0 has shown nothing that a look at the map, and at the picture, would not.
- **noise resilience**, **adversary reactivity**: intra / inter, after hedstrom2023meta, means over noise on inputs and
  on weights. Resilience, under minor noise that changes no answer: Wilcoxon's p that a method's scores before and after
  are of one distribution / how often a method keeps its rank on a sample. Reactivity, under noise that changes the
  answer: 1 - p / how often the score is worse than before. They are never averaged into one number here: a constant
  is perfectly resilient, and chance reacts. Nor is a p near 0.4 a fault: any score that is not a count moves a little
  under any noise, and where its moves have no direction p is 0.5 in the mean; 1 is for scores that do not move at all.
- **seed stability**: tau-b between the orders under two seeds of all random draws, of methods and metrics; mean over 4
  networks x 3 pairs.
- **red team**: on how many of 4 networks the best map that knows nothing of the model scores at least as well as the
  best of the methods. Both are chosen on one half of 20 samples and compared on the other half. Maps: sums of a bump,
  edges, |x - mean|, x - mean, |x - blur|, smoothed |x - mean|, noise and a constant, smoothed and bent (`ModelFree`);
  every picture by itself, {drawn} mixtures, and {steps} steps of a search for each metric.
"""

BELOW = """
## What is true, and how it is known

**Shortcut networks.** Five players of 20 pixels each: the strip, and the four quarters of the picture below. A set of
players is worth the mean logit when the others are exchanged for those of 20 other pictures (each mark twice, each
class twice, no mark over its own digit); a player's worth is its Shapley value in this game, from all 32 sets, without
sampling. Exchanging keeps every part a part of a real picture; for the strip it is the intervention itself: any mark,
at random, over the same digit. The error of a map is `misplaced`: half of the L1 distance between its relevance and the
worth, both summed by player and divided by their absolute sums. That is the share of relevance that lies at the wrong
part or has the wrong sign: 0 for the truth at any scale, 1 for nothing right. Signs count, since contributions have
them; a map of sensitivities cannot be perfect where a part speaks against the class.

Measured use of the mark by strength of the training data: how often the explained class is the digit's, how often the
answer is the mark's class when each of the ten marks is shown (0.1: never followed), by how many logits the own mark
raises the explained logit above the mean of all marks, and the mark's share of the absolute worth.

{use}

**What the choice of truth decides.** The same means of tau by the order of the players alone (`misordered`, Spearman),
with the mean in place of exchanged parts (`misplaced, mean`), with the five controls among the methods, and for planted
worlds by the order of the pixels:

{variants}

Two of the methods, `expected_gradients` and `deep_shap`, estimate the very game by which truth is measured here (other
pictures in place of what is left out); no metric plays it. The column with the mean is the answer to that.

**Criteria that ask the model nothing** have on the shortcut networks: {controls}. `chance` is drawn anew for every map.

## What surprised us

- No metric does better than a criterion that asks nothing by both truths. Where a network reads the digit (strength
  0), metrics that fill with the mean or with black lean to the reverse of the order by exchanged parts, and agree with
  the order by the mean; where it reads the mark, they agree with both. Removal is part of the question that a metric
  asks, not a detail of how it is computed.
- On planted networks, where filling is the truth, most faithfulness metrics reach a tau of 0.6 to 0.7. Whoever tests a
  metric on such models alone will trust it too far.
- The rank correlation of a map with |x - mean| is a good metric by the truth of the mean, and asks the model nothing.
- Localisation against the object's mask is won by a map that knows nothing on every network tried, and reverses the
  order of methods the more, the more a network goes by something else.
- Mean areas under deletion curves are better, not worse, under utter noise: the output starts lower. By the criterion
  of reactivity `pixel_flipping` and `road` fail, and `insertion` passes for the same reason.

## Noise by kind

Intra / inter, of 8 methods on 4 networks, {draws} draws each; uniform noise of 0.001 and 1.0 on inputs from 0 to 1, and
normal noise of 0.1 % and 200 % of each weight. Unlike MetaQuantus (84bdc2f), the method is asked again about the noisy
input, equal scores share a rank instead of keeping the order in which they came, and nothing is averaged into one
number.

{noise}

## Files

[board.csv](board.csv), [tau_by_world.csv](tau_by_world.csv), [beyond_model_free.csv](beyond_model_free.csv),
[noise.csv](noise.csv), [seeds.csv](seeds.csv), [red_team.csv](red_team.csv) (with the maps that were found, to be made
again as `ModelFree(...)`), [networks.csv](networks.csv); `records/`: every score and every true error of every method,
sample and world.
"""
