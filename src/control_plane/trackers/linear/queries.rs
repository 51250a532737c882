//! The GraphQL documents.

pub(super) const ACCOUNT: &str = "query Account { viewer { id name email } }";

pub(super) const TEAMS: &str = "query Teams($first: Int, $after: String) {
  teams(first: $first, after: $after) {
    nodes { id key name }
    pageInfo { hasNextPage endCursor }
  }
}";

pub(super) const ISSUE: &str = "query Issue($id: String!) {
  issue(id: $id) {
    id identifier title url updatedAt description branchName trashed
    state { name type }
    assignee { name }
    team { id }
  }
}";

pub(super) const SEARCH: &str =
    "query Search($term: String!, $filter: IssueFilter, $first: Int, $after: String) {
  searchIssues(
    term: $term, filter: $filter, first: $first, after: $after,
    includeComments: false, includeArchived: false
  ) {
    nodes {
      id identifier title url updatedAt
      state { name type }
      assignee { name }
      team { id }
    }
    pageInfo { hasNextPage endCursor }
  }
}";

pub(super) const LIST: &str = "query List($filter: IssueFilter, $first: Int, $after: String) {
  issues(
    filter: $filter, first: $first, after: $after, orderBy: updatedAt, includeArchived: false
  ) {
    nodes {
      id identifier title url updatedAt
      state { name type }
      assignee { name }
      team { id }
    }
    pageInfo { hasNextPage endCursor }
  }
}";
