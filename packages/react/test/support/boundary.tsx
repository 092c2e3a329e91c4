import { Component, type ReactNode } from 'react';

/** Shows the code of an error that a component below throws. */
export class Boundary extends Component<
  { children: ReactNode },
  { error?: { code?: string; message: string } }
> {
  override state: { error?: { code?: string; message: string } } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    return error ? (
      <p>
        caught {error.code}: {error.message}
      </p>
    ) : (
      this.props.children
    );
  }
}
