/** The rewrite rules in the order they run: the table of contents of logical optimisation. */
import type { Phase } from '../rewrite.js'
import { aggregateBelowJoin } from './aggregate-below-join.js'
import { askCatalogEarly } from './ask-catalog-early.js'
import { distinctBranches } from './distinct-branches.js'
import { distinctMatches } from './distinct-matches.js'
import { divideAverages } from './divide-averages.js'
import { eliminateJoin } from './eliminate-join.js'
import { findContradictions } from './find-contradictions.js'
import { foldConstants } from './fold-constants.js'
import { groupEarly } from './group-early.js'
import { groupBelowUnion } from './group-below-union.js'
import { groupByPartsOfKeys } from './group-by-parts-of-keys.js'
import { inferConditions } from './infer-conditions.js'
import { inlineCommonTables } from './inline-common-tables.js'
import { joinDomain } from './join-domain.js'
import { joinWithinSource } from './join-within-source.js'
import { liftRenamesAboveJoin, mergeProjects } from './merge-projects.js'
import { orderJoins } from './order-joins.js'
import { pruneColumns } from './prune-columns.js'
import { pruneCommonTables } from './prune-common-tables.js'
import { pruneEmpty } from './prune-empty.js'
import { pushFilter } from './push-filter.js'
import { pushJoinCondition } from './push-join-condition.js'
import { pushLimit } from './push-limit.js'
import { pushTopN } from './push-top-n.js'
import { removeDistinct } from './remove-distinct.js'
import { removeGrouping } from './remove-grouping.js'
import { removeSort } from './remove-sort.js'
import { restrictByOr } from './restrict-by-or.js'
import { sendValue } from './send-value.js'
import { simplifyConditions } from './simplify-conditions.js'
import { simplifyOuterJoins } from './simplify-outer-joins.js'
import { subqueryConjunctToJoin } from './subquery-conjunct-to-join.js'
import { subqueryValueToJoin } from './subquery-value-to-join.js'
import { sumByFilter } from './sum-by-filter.js'
import { unnestLateralJoin } from './unnest-lateral-join.js'

/** All phases, in order. */
export const PHASES: readonly Phase[] = [
  {
    name: 'tidy',
    rules: [
      { rule: inlineCommonTables, why: 'before all else: every other rule stops at a WITH' },
      { rule: foldConstants, why: 'a folded condition may decide a branch or a filter' },
      { rule: simplifyConditions, why: 'subqueries must stand as conjuncts to become joins' },
      {
        rule: mergeProjects,
        why: 'decorrelation then meets one projection where there were three',
      },
      { rule: pushLimit, why: 'brings a limit next to its sort, as top-N per outer row wants it' },
    ],
  },
  {
    name: 'decorrelate',
    rules: [
      { rule: subqueryConjunctToJoin, why: 'first the forms with a join of their own' },
      { rule: subqueryValueToJoin, why: 'then whatever is left inside expressions' },
      { rule: unnestLateralJoin, why: 'both leave lateral joins behind' },
    ],
  },
  {
    name: 'push',
    rules: [
      {
        rule: simplifyOuterJoins,
        why: 'from the root: an inner join lets filters through both ways',
      },
      { rule: eliminateJoin, why: 'from the root as well: what is not there need not be planned' },
      { rule: foldConstants, why: 'decorrelation and pushing make new constant parts' },
      { rule: simplifyConditions, why: 'filters that became TRUE or FALSE go at once' },
      {
        rule: findContradictions,
        why: 'filters have met below joins: they may contradict each other',
      },
      { rule: pruneEmpty, why: 'what follows a FALSE filter' },
      { rule: mergeProjects, why: 'projections between filters and joins only hide them' },
      { rule: liftRenamesAboveJoin, why: 'joins of a view and joins around it become one cluster' },
      { rule: pushFilter, why: 'the rule that saves most rows' },
      { rule: pushJoinCondition, why: 'the same for conditions written in ON' },
      { rule: restrictByOr, why: 'for an OR that both sides are in' },
      { rule: inferConditions, why: 'after both: it reads the filters they placed' },
      { rule: removeSort, why: 'a sort nobody sees blocks fragments' },
      { rule: removeDistinct, why: 'so does a DISTINCT without effect' },
      { rule: removeGrouping, why: 'and a grouping of single rows' },
      { rule: groupBelowUnion, why: 'after filters: branches that cannot deliver are gone' },
      { rule: pushLimit, why: 'projections have moved: limits may follow' },
      { rule: pushTopN, why: 'the same where an order decides which rows' },
    ],
  },
  {
    name: 'decorrelate the rest',
    rules: [
      {
        rule: subqueryConjunctToJoin,
        why: 'again: the outer join that held a subquery in its ON may have become an inner one',
      },
      { rule: subqueryValueToJoin, why: 'takes it out of the ON' },
      {
        rule: joinDomain,
        why: 'late: filters have narrowed the outer side, which is read as it is',
      },
      { rule: unnestLateralJoin, why: 'the domain is what it needs' },
      { rule: mergeProjects, why: 'as above' },
      { rule: pushFilter, why: 'conditions on the domain become conditions of its join' },
      { rule: pushJoinCondition, why: 'as above' },
    ],
  },
  {
    name: 'aggregate',
    rules: [
      {
        rule: pruneColumns,
        why: 'what nobody reads would be a key of groups, and weigh in the join order',
      },
      {
        rule: groupBelowUnion,
        why: 'again: columns that nobody reads are gone; a branch may be a join itself',
      },
      {
        rule: groupByPartsOfKeys,
        why: 'before the joins above it are looked at: then it is a relation of few rows',
      },
      { rule: sumByFilter, why: 'a source that adds up what a CASE gives groups it, too' },
      {
        rule: aggregateBelowJoin,
        why: 'before the order: the tables of one source that are grouped together are one relation',
      },
      { rule: distinctMatches, why: 'the same for what is only asked for its existence' },
      { rule: distinctBranches, why: 'and for what is only asked which rows there are' },
    ],
  },
  {
    name: 'grouped',
    rules: [
      {
        rule: removeGrouping,
        why: 'again: what is grouped below may be all the grouping there is',
      },
      { rule: foldConstants, why: 'a sum of one count is a count' },
      { rule: mergeProjects, why: 'then nothing stands between an order and the sums' },
      { rule: pushTopN, why: 'each row of a group has become a row' },
    ],
  },
  {
    name: 'order',
    once: true,
    rules: [
      { rule: orderJoins, why: 'once all conditions are where they belong: sizes are known then' },
    ],
  },
  {
    name: 'gather',
    rules: [
      {
        rule: joinWithinSource,
        why: 'after the order: it looks at the two sides of the last join',
      },
      { rule: askCatalogEarly, why: 'the joins are as they will be made' },
      { rule: groupEarly, why: 'the same: what is joined here is grouped before the next join' },
      {
        rule: divideAverages,
        why: 'after the order as well: what is grouped is one fragment or not',
      },
      { rule: sendValue, why: 'after both: what meets at one source is compared there' },
      { rule: mergeProjects, why: 'reordering leaves projections that restore column order' },
      { rule: liftRenamesAboveJoin, why: 'the same, between joins' },
    ],
  },
  {
    name: 'prune',
    rules: [
      { rule: pruneCommonTables, why: 'what prune-columns leaves unread, in the next pass' },
      { rule: pruneColumns, why: 'last: every earlier rule may use any column' },
      { rule: mergeProjects, why: 'what is left of projections may be the identity now' },
    ],
  },
]
